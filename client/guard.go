package client

import (
	"cmp"
	"context"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"sync"
	"syscall"
	"time"
)

// pictureTransport checks every address that it dials: a name that resolves to this machine or its
// network is an attack. There is no list of allowed hosts, since the vendor has none and changes
// them (QI FAQ, 2026-11). A proxy's own address is exempt; the proxy resolves the host itself.
func (c Config) pictureTransport(base *url.URL) *http.Transport {
	t := c.plainTransport()
	if c.Dial != nil {
		return t
	}
	// Proxy may be another one after Config.Transport
	exempt := sync.OnceValue(func() []string { return proxyAddresses(t.Proxy) })
	plain, guarded := t.DialContext, guardedDial(c.refuses(base))
	t.DialContext = func(ctx context.Context, network, address string) (net.Conn, error) {
		if slices.Contains(exempt(), address) {
			return plain(ctx, network, address)
		}
		return guarded(ctx, network, address)
	}
	return t
}

// proxyAddresses are the addresses of the proxies. They are looked up for a name that NO_PROXY does
// not exclude: the API's own host may be excluded while the pictures' hosts are not.
func proxyAddresses(proxy func(*http.Request) (*url.URL, error)) []string {
	var all []string
	if proxy == nil {
		return nil
	}
	for _, scheme := range []string{"http", "https"} {
		p, err := proxy(&http.Request{URL: &url.URL{Scheme: scheme, Host: "pictures.invalid"}})
		if err != nil || p == nil {
			continue
		}
		defaults := map[string]string{"https": "443", "socks5": "1080", "socks5h": "1080"}
		port := cmp.Or(p.Port(), defaults[p.Scheme], "80")
		all = append(all, net.JoinHostPort(p.Hostname(), port))
	}
	return all
}

// guardedDial checks the address after the name is resolved, which defeats DNS rebinding.
func guardedDial(refuses func(netip.Addr) bool) dialFunc {
	d := &net.Dialer{Timeout: 15 * time.Second,
		Control: func(_, address string, _ syscall.RawConn) error {
			ap, err := netip.ParseAddrPort(address)
			if err != nil || refuses(ap.Addr()) {
				return privateHost(ap.Addr())
			}
			return nil
		}}
	return d.DialContext
}

func privateHost(a netip.Addr) error {
	return fmt.Errorf("%w: %s; --allow-private-image-hosts allows it", ErrPrivateHost, a)
}

// refuses returns which addresses no picture may come from. An API on loopback is an emulator, so
// that pictures from loopback are allowed, too; other private addresses are not.
func (c Config) refuses(base *url.URL) func(netip.Addr) bool {
	return func(a netip.Addr) bool {
		a = unwrap(a)
		switch {
		case c.Dial != nil || c.PrivateImageHosts:
			return false
		case a.IsLoopback() && isLoopback(base.Hostname()):
			return false
		}
		return private(a)
	}
}

// Prefixes of IPv6 that carry an IPv4 address: 6to4 (RFC 3056) behind the prefix, the others in
// the last four bytes.
var (
	sixToFour = netip.MustParsePrefix("2002::/16")
	carriers  = []netip.Prefix{
		netip.MustParsePrefix("::/96"),          // IPv4-compatible (RFC 4291)
		netip.MustParsePrefix("64:ff9b::/96"),   // NAT64 (RFC 6052)
		netip.MustParsePrefix("64:ff9b:1::/48"), // NAT64 of a network's own (RFC 8215)
	}
)

// unwrap returns the IPv4 address inside an IPv6 address: a mapped one, or one of those above.
func unwrap(a netip.Addr) netip.Addr {
	a = a.Unmap().WithZone("")
	if a.Is4() || a.IsLoopback() || a.IsUnspecified() {
		return a
	}
	b := a.As16()
	switch {
	case sixToFour.Contains(a):
		return netip.AddrFrom4([4]byte(b[2:]))
	case slices.ContainsFunc(carriers, func(p netip.Prefix) bool { return p.Contains(a) }):
		return netip.AddrFrom4([4]byte(b[12:]))
	}
	return a
}

// reserved are the ranges that netip has no name for.
var reserved = []netip.Prefix{
	netip.MustParsePrefix("0.0.0.0/8"),
	netip.MustParsePrefix("240.0.0.0/4"),
	netip.MustParsePrefix("100.100.100.200/32"), // Alibaba's own metadata service
	netip.MustParsePrefix("fec0::/10"),
}

// private lists ranges outside the public internet. It omits 198.18.0.0/15, with which DNS
// tools of proxies answer, and 100.64.0.0/10, which Alibaba's object store has inside its
// cloud.
func private(a netip.Addr) bool {
	return !a.IsValid() || a.IsLoopback() || a.IsPrivate() || a.IsLinkLocalUnicast() ||
		a.IsMulticast() || a.IsUnspecified() ||
		slices.ContainsFunc(reserved, func(p netip.Prefix) bool { return p.Contains(a) })
}

package client

import (
	"context"
	"encoding/xml"
	"errors"
	"fmt"
	"hash/crc64"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// MaxPicture is the most that a picture may have: 64 MiB. The largest that the service makes is about 20 MiB.
const MaxPicture = 64 << 20

var (
	// ErrGone says that the picture's URL is refused or empty (HTTP 403, 404): expired, or the file is not there.
	ErrGone = errors.New("picture URL refused")
	// ErrPrivateHost says that the URL leads to an address that is not of the public internet.
	ErrPrivateHost = errors.New("picture host is a private address")
)

// Download fetches a picture. No key is sent, and the signed query goes out byte for byte. The body is checked against
// Content-Length and, where the store sends it, CRC-64; what is in it is not looked at.
//
// ErrGone asks for a fresh URL from the task; every other error is worth another try.
func (c *Client) Download(ctx context.Context, rawURL string) ([]byte, error) {
	u, err := pictureURL(rawURL, c.base.Scheme == "http")
	if err != nil {
		return nil, fmt.Errorf("download: %w", err)
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	idle := time.AfterFunc(c.config.Idle, func() { cancel(fmt.Errorf("nothing came for %v", c.config.Idle)) })
	defer idle.Stop()
	body, err := c.fetch(ctx, u, func() { idle.Reset(c.config.Idle) })
	if err != nil && context.Cause(ctx) != nil {
		err = context.Cause(ctx)
	}
	if err != nil {
		return nil, fmt.Errorf("download from %s: %w", u.Hostname(), err)
	}
	return body, nil
}

// pictureURL checks a URL that the service gave. Samples of the documents say http; it is raised to https, unless the
// API itself is plain http, which only an emulator is.
func pictureURL(raw string, plain bool) (*url.URL, error) {
	u, err := url.Parse(raw)
	switch {
	case err != nil || u.Host == "" || u.Hostname() == "":
		return nil, errors.New("the picture's URL is none")
	case u.User != nil:
		return nil, errors.New("the picture's URL carries a user")
	case u.Scheme == "http" && !plain:
		u.Scheme = "https"
	case u.Scheme != "https" && u.Scheme != "http":
		return nil, fmt.Errorf("the picture's URL has the scheme %q", oneLine(u.Scheme))
	}
	for _, r := range u.Host {
		if r > 126 || r <= ' ' {
			return nil, errors.New("the picture's host has odd letters")
		}
	}
	return u, nil
}

func (c *Client) fetch(ctx context.Context, u *url.URL, progress func()) ([]byte, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, u.String(), nil)
	if err != nil {
		return nil, errors.New("the picture's URL is none")
	}
	req.URL = u // as parsed: RawQuery is sent untouched
	req.Header.Set("User-Agent", c.config.UserAgent)
	resp, err := c.pictures.Do(req)
	if err != nil {
		return nil, withoutURL(err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return nil, storeError(resp)
	}
	return readPicture(resp, progress)
}

// storeError reads the store's XML: <Error><Code>AccessDenied</Code>… (OSS39, 2026-11).
func storeError(resp *http.Response) error {
	var e struct {
		Code string `xml:"Code"`
	}
	_ = xml.NewDecoder(io.LimitReader(resp.Body, maxError)).Decode(&e)
	err := fmt.Errorf("HTTP %d %s", resp.StatusCode, oneLine(e.Code))
	if resp.StatusCode == http.StatusForbidden || resp.StatusCode == http.StatusNotFound {
		return fmt.Errorf("%w: %w", ErrGone, err)
	}
	return err
}

func readPicture(resp *http.Response, progress func()) ([]byte, error) {
	if resp.ContentLength > MaxPicture {
		return nil, fmt.Errorf("%d bytes are no picture", resp.ContentLength)
	}
	body, err := io.ReadAll(io.LimitReader(&progressReader{resp.Body, progress}, MaxPicture+1))
	switch {
	case err != nil:
		return nil, err
	case len(body) > MaxPicture:
		return nil, errors.New("more than 64 MiB are no picture")
	case resp.ContentLength >= 0 && int64(len(body)) != resp.ContentLength:
		return nil, io.ErrUnexpectedEOF
	}
	return body, checkCRC(resp.Header.Get("X-Oss-Hash-Crc64ecma"), body)
}

// checkCRC compares with the store's checksum; a header that is none is ignored.
func checkCRC(header string, body []byte) error {
	want, err := strconv.ParseUint(header, 10, 64)
	if err != nil {
		return nil
	}
	if crc64.Checksum(body, crc64.MakeTable(crc64.ECMA)) != want {
		return errors.New("checksum differs")
	}
	return nil
}

// A progressReader tells when bytes come.
type progressReader struct {
	io.Reader
	progress func()
}

func (r *progressReader) Read(p []byte) (int, error) {
	n, err := r.Reader.Read(p)
	if n > 0 {
		r.progress()
	}
	return n, err
}

// pictureClient follows at most three redirects, none of them down to http, and checks every address when it dials: a
// name that resolves to this machine or its network is an attack, not a picture. The vendor has no list of hosts and
// changes them (QI FAQ, 2026-11), so there is none here.
func (c Config) pictureClient(base *url.URL) *http.Client {
	t := c.transport()
	if c.Dial == nil && !c.PrivateImageHosts && !isLoopback(base.Hostname()) {
		t.DialContext = guardedDial
		// A proxy may be anywhere: its own address is exempt, and it resolves the host itself.
		plain := (&net.Dialer{Timeout: 15 * time.Second}).DialContext
		if proxied := proxyOf(base); proxied != "" {
			t.DialContext = func(ctx context.Context, network, address string) (net.Conn, error) {
				if address == proxied {
					return plain(ctx, network, address)
				}
				return guardedDial(ctx, network, address)
			}
		}
	}
	return &http.Client{Transport: t, CheckRedirect: func(req *http.Request, via []*http.Request) error {
		if len(via) > 3 {
			return errors.New("too many redirects")
		}
		_, err := pictureURL(req.URL.String(), base.Scheme == "http")
		if err == nil && req.URL.Scheme != via[0].URL.Scheme {
			err = errors.New("redirected away from https")
		}
		return err
	}}
}

// proxyOf is the address of the environment's proxy for https, "" where there is none.
func proxyOf(base *url.URL) string {
	p, err := http.ProxyFromEnvironment(&http.Request{URL: &url.URL{Scheme: "https", Host: base.Host}})
	if err != nil || p == nil {
		return ""
	}
	port := p.Port()
	if port == "" {
		port = map[string]string{"https": "443", "socks5": "1080", "socks5h": "1080"}[p.Scheme]
	}
	if port == "" {
		port = "80"
	}
	return net.JoinHostPort(p.Hostname(), port)
}

// guardedDial refuses private addresses after the name is resolved, so that no DNS trick comes between.
func guardedDial(ctx context.Context, network, address string) (net.Conn, error) {
	d := net.Dialer{Timeout: 15 * time.Second, Control: func(_, address string, _ syscall.RawConn) error {
		if ap, err := netip.ParseAddrPort(address); err == nil && private(ap.Addr().Unmap()) {
			return fmt.Errorf("%w: %s; --allow-private-image-hosts allows it", ErrPrivateHost, ap.Addr())
		}
		return nil
	}}
	return d.DialContext(ctx, network, address)
}

// private lists what is never the public internet. 198.18.0.0/15 is not among it: DNS tools of proxies answer with it.
func private(a netip.Addr) bool {
	metadata := netip.AddrFrom4([4]byte{100, 100, 100, 200}) // Alibaba's own metadata service
	return a.IsLoopback() || a.IsPrivate() || a.IsLinkLocalUnicast() || a.IsLinkLocalMulticast() || a.IsMulticast() ||
		a.IsUnspecified() || a == metadata || strings.HasPrefix(a.String(), "0.")
}

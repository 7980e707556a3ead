package client

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// Config says how to reach the service. Its zero value but for Key is the shared host of Beijing.
type Config struct {
	// BaseURL is the endpoint up to and including /api/v1; "" is Beijing's shared host.
	BaseURL string
	// Key is sent to BaseURL's host only, never to the host of a picture.
	Key Key
	// Workspace selects a sub-workspace of the account on a shared host; "" sends no header.
	Workspace string
	// UserAgent of all requests; "" is "qwenbatch".
	UserAgent string
	// Timeout of one call from dialing to the last byte of its answer; 0 is 60 s. Pictures have
	// none: a download continues while bytes arrive (see Idle). The synchronous interface has
	// SyncTimeout.
	Timeout time.Duration
	// SyncTimeout of a call of Generate; 0 is 610 s, 10 s above what the shared hosts allow
	// (REG, 2026-11).
	SyncTimeout time.Duration
	// Idle is how long a picture may bring less than 16 KiB before its download counts as
	// broken; 0 is 30 s.
	Idle time.Duration
	// Insecure allows plain http to any host; without it only loopback addresses may go
	// unencrypted.
	Insecure bool
	// PrivateImageHosts allows pictures from loopback, private and link-local addresses.
	PrivateImageHosts bool
	// Poll is how long Wait waits before each question; 0 learns it from the tasks that it has
	// waited for. A test against an emulator that runs faster than life wants a millisecond.
	Poll time.Duration
	// ReadRetries is how often a query, a list or a download is tried again after an error that
	// may pass; 0 is never. A submission is never sent again.
	ReadRetries int
	// Transport is given each of the three transports before its first use, and returns what is
	// used in its place: for tracing, another proxy, or the TLS of a company. It may change base
	// and return it, or return a wrapper, which must send each request once. nil is base itself.
	Transport func(base *http.Transport) http.RoundTripper
	// Dial replaces the network, for an emulator in the same process. Addresses are not checked.
	Dial func(ctx context.Context, network, address string) (net.Conn, error)

	// For the tests of this package: the trusted authorities in place of the system's, and the
	// proxies in place of the environment's.
	roots   *x509.CertPool
	proxies func(*http.Request) (*url.URL, error)
}

func setDefaults(c *Config) {
	if c.UserAgent == "" {
		c.UserAgent = "qwenbatch"
	}
	if c.Timeout == 0 {
		c.Timeout = time.Minute
	}
	if c.SyncTimeout == 0 {
		c.SyncTimeout = 610 * time.Second
	}
	if c.Idle == 0 {
		c.Idle = 30 * time.Second
	}
}

// checkBase refuses what would send the key in the clear or nowhere.
func checkBase(u *url.URL, insecure bool) error {
	switch {
	case u.Hostname() == "" || u.User != nil || u.RawQuery != "" || u.ForceQuery ||
		u.Fragment != "":
		return errors.New("want https://HOST/api/v1")
	case u.Scheme == "https":
		return nil
	case u.Scheme == "http" && (insecure || isLoopback(u.Hostname())):
		return nil
	case u.Scheme == "http":
		return errors.New("plain http would show the key to everyone on the way")
	}
	return fmt.Errorf("scheme %q is not https", u.Scheme)
}

// checkHeaders refuses what net/http would refuse at every call, such as a key with a line
// break at its end.
func (c Config) checkHeaders() error {
	for name, value := range map[string]string{"key": c.Key.reveal(), "workspace": c.Workspace,
		"user agent": c.UserAgent} {
		if strings.ContainsFunc(value, func(r rune) bool { return r < ' ' || r > '~' }) {
			return fmt.Errorf("the %s has a line break or a letter in it that is not ASCII", name)
		}
	}
	return nil
}

func isLoopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// call makes the request that all others of the API are copies of.
func (c Config) call(base *url.URL) (*http.Request, error) {
	req, err := http.NewRequest(http.MethodGet, base.String(), http.NoBody)
	if err != nil {
		return nil, err
	}
	req.GetBody = nil // no layer of net/http can send a body twice
	req.Header.Set("Authorization", "Bearer "+c.Key.reveal())
	req.Header.Set("Accept", "application/json")
	req.Header.Set("User-Agent", c.UserAgent)
	if c.Workspace != "" {
		req.Header.Set("X-DashScope-WorkSpace", c.Workspace)
	}
	return req, nil
}

package client

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
)

// A ProxyError is a proxy that did not open the way to a host.
type ProxyError struct {
	Proxy  string // HOST:PORT
	Host   string // HOST:PORT that it was asked for
	Status int    // 407 where it requires a user and a password
}

// Error names the proxy, the host and the status, never the user of the proxy.
func (e *ProxyError) Error() string {
	if e.Status == http.StatusProxyAuthRequired {
		return fmt.Sprintf("the proxy %s requires a user and a password (HTTP 407)", e.Proxy)
	}
	return fmt.Sprintf("the proxy %s does not open the way to %s (HTTP %d)", e.Proxy, e.Host,
		e.Status)
}

// proxyAnswer makes a typed error of what a proxy answers to CONNECT.
func proxyAnswer(_ context.Context, proxy *url.URL, asked *http.Request, a *http.Response) error {
	if a.StatusCode == http.StatusOK {
		return nil
	}
	return &ProxyError{Proxy: proxy.Host, Host: asked.Host, Status: a.StatusCode}
}

// Blocked reports whether err shows that something between this machine and the service answers
// in its place, which waiting does not change: a proxy that refuses or requires a password, a
// certificate of an authority that this machine does not trust, a page in place of the API.
func Blocked(err error) bool {
	if proxy, ok := errors.AsType[*ProxyError](err); ok {
		return proxy.Status < 500
	}
	if _, ok := errors.AsType[x509.UnknownAuthorityError](err); ok {
		return true
	}
	foreign, ok := errors.AsType[*ForeignError](err)
	if !ok {
		return false
	}
	page := strings.HasPrefix(foreign.Body, "<") && foreign.Status < 500
	redirect := foreign.Status >= 300 && foreign.Status < 400
	return page || redirect || foreign.Status == http.StatusProxyAuthRequired
}

package client

import (
	"cmp"
	"crypto/tls"
	"errors"
	"net"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"

	"golang.org/x/net/http/httpproxy"
)

// A transport makes the requests of one kind, over connections of base.
type transport struct {
	http.RoundTripper
	base *http.Transport
}

// hooked asks Config.Transport what to use in place of a transport.
func (c Config) hooked(base *http.Transport) transport {
	if c.Transport == nil {
		return transport{base, base}
	}
	return transport{c.Transport(base), base}
}

// submissionTransport speaks HTTP/1.1 only, since Go's HTTP/2 client was seen to send one POST
// thousands of times after a stream error, and drops connections after 4 idle seconds, before
// the service closes them under a POST.
func (c Config) submissionTransport() *http.Transport {
	t := c.plainTransport()
	t.Protocols = new(http.Protocols)
	t.Protocols.SetHTTP1(true)
	t.IdleConnTimeout = 4 * time.Second
	t.MaxIdleConnsPerHost = 64
	t.DialContext = dialFunc(t.DialContext).metered
	return t
}

// queryTransport opens at most eight connections if the service does not speak HTTP/2. At the
// account's 20 queries a second that suffices for answers within 0.4 s, and a process may have few
// file descriptors.
func (c Config) queryTransport() *http.Transport {
	t := c.plainTransport()
	t.MaxConnsPerHost = 8
	return t
}

// plainTransport disables transparent gzip: a small answer must not expand to gigabytes.
func (c Config) plainTransport() *http.Transport {
	dial := c.Dial
	if dial == nil {
		dial = (&net.Dialer{Timeout: 15 * time.Second, KeepAlive: 15 * time.Second}).DialContext
	}
	return &http.Transport{
		Proxy:                  c.proxy(),
		OnProxyConnectResponse: proxyAnswer,
		DialContext:            dial,
		TLSClientConfig:        &tls.Config{RootCAs: c.roots},
		ForceAttemptHTTP2:      true,
		DisableCompression:     true,
		MaxIdleConnsPerHost:    8,
		IdleConnTimeout:        60 * time.Second,
		TLSHandshakeTimeout:    15 * time.Second,
		ResponseHeaderTimeout:  0, // the call's own timeout covers it
		MaxResponseHeaderBytes: 256 << 10,
	}
}

// proxy returns the environment's proxies, or none for an emulator in the same process.
func (c Config) proxy() func(*http.Request) (*url.URL, error) {
	if c.Dial != nil {
		return nil
	}
	if c.proxies != nil {
		return c.proxies
	}
	return environmentProxy(os.Getenv)
}

// environmentProxy reads HTTPS_PROXY, HTTP_PROXY and NO_PROXY as net/http does, and ALL_PROXY, which
// curl knows, for what they leave out. Each may be lower-case, and be socks5://HOST:PORT.
func environmentProxy(get func(string) string) func(*http.Request) (*url.URL, error) {
	either := func(name string) string { return cmp.Or(get(name), get(strings.ToLower(name))) }
	all := either("ALL_PROXY")
	config := httpproxy.Config{HTTPProxy: cmp.Or(either("HTTP_PROXY"), all),
		HTTPSProxy: cmp.Or(either("HTTPS_PROXY"), all), NoProxy: either("NO_PROXY")}
	proxy := config.ProxyFunc()
	return func(req *http.Request) (*url.URL, error) {
		u, err := proxy(req.URL)
		if err != nil { // its text repeats the setting, which may hold a password
			return nil, errors.New("the proxy that the environment names is no URL")
		}
		return u, nil
	}
}

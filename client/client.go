package client

import (
	"bytes"
	"cmp"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"golang.org/x/sync/semaphore"
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
	// Dial replaces the network, for an emulator in the same process. Addresses are not checked.
	Dial func(ctx context.Context, network, address string) (net.Conn, error)

	// For the tests of this package: the trusted authorities in place of the system's, and the
	// proxies in place of the environment's.
	roots   *x509.CertPool
	proxies func(*http.Request) (*url.URL, error)
}

// A Client calls the service. It is safe for concurrent use, keeps connections open and must be
// closed.
type Client struct {
	config Config
	base   *url.URL
	// call makes a request of the API with its host, key and other headers. A func, since
	// package fmt shows all that a pointer leads to under some verbs.
	call func(context.Context) *http.Request

	// Transports, not http.Clients: those follow redirects, and send the signed URL of a
	// picture along as Referer.
	submissions, queries, pictures *http.Transport

	memory *semaphore.Weighted // bytes that large pictures may take while they are downloaded
}

// New checks the configuration and returns a client. It sends nothing.
func New(c Config) (*Client, error) {
	if c.BaseURL == "" {
		c.BaseURL = regions[0].BaseURL("")
	}
	base, err := url.Parse(strings.TrimSuffix(c.BaseURL, "/"))
	if err != nil {
		// the parser's error would repeat it, with what is in it
		return nil, errors.New("base URL: want https://HOST/api/v1")
	}
	if err := checkBase(base, c.Insecure); err != nil {
		return nil, fmt.Errorf("base URL %s: %w", c.Key.plain(base.Host+base.Path), err)
	}
	if err := c.checkHeaders(); err != nil {
		return nil, err
	}
	setDefaults(&c)
	call, err := c.call(base)
	if err != nil {
		return nil, fmt.Errorf("base URL: %w", c.Key.told(err))
	}
	return &Client{
		config:      c,
		base:        base,
		call:        call.WithContext,
		submissions: c.submissionTransport(),
		queries:     c.queryTransport(),
		pictures:    c.pictureTransport(base),
		memory:      semaphore.NewWeighted(largePictures),
	}, nil
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

// Close drops the idle connections.
func (c *Client) Close() {
	for _, t := range []*http.Transport{c.submissions, c.queries, c.pictures} {
		t.CloseIdleConnections()
	}
}

// BaseURL returns the endpoint.
func (c *Client) BaseURL() string { return c.base.String() }

// submissionTransport speaks HTTP/1.1 only, since Go's HTTP/2 client was seen to send one POST
// thousands of times after a stream error, and drops connections after 4 idle seconds, before
// the service closes them under a POST.
func (c Config) submissionTransport() *http.Transport {
	t := c.transport()
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
	t := c.transport()
	t.MaxConnsPerHost = 8
	return t
}

// transport disables transparent gzip: a small answer must not expand to gigabytes.
func (c Config) transport() *http.Transport {
	dial := c.Dial
	if dial == nil {
		dial = (&net.Dialer{Timeout: 15 * time.Second, KeepAlive: 15 * time.Second}).DialContext
	}
	return &http.Transport{
		Proxy:                  c.proxy(),
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
	return func(req *http.Request) (*url.URL, error) {
		u, err := http.ProxyFromEnvironment(req)
		if err != nil { // its text repeats the setting, which may hold a password
			return nil, errors.New("the proxy that the environment names is no URL")
		}
		return u, nil
	}
}

const (
	maxJSON  = 1 << 20  // an answer of the API; the largest seen is under 10 KB
	maxError = 64 << 10 // what is kept of an error page
)

// An answer is a response read to its end.
type answer struct {
	status    int
	body      []byte
	date      time.Time
	requestID string
	key       Key // to be hidden, should the service repeat it
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

// request builds an API request. The path, which may end with a query, has no letter that needs
// to be escaped. Requests without a body share their headers, which no transport changes.
func (c *Client) request(ctx context.Context, method, path string, body []byte) *http.Request {
	req := c.call(ctx)
	req.Method = method
	u := *req.URL
	path, u.RawQuery, _ = strings.Cut(path, "?")
	if u.Path += path; u.RawPath != "" {
		u.RawPath += path
	}
	req.URL = &u
	if len(body) > 0 {
		req.Header = req.Header.Clone()
		req.Header.Set("Content-Type", "application/json")
		req.Body, req.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
	}
	return req
}

// send makes one exchange and reads a bounded body. A redirect is an answer like any other: a
// redirected POST would be a second POST, and the key stays with its host.
func (c *Client) send(t *http.Transport, req *http.Request) (answer, error) {
	resp, err := exchange(t, req)
	if err != nil {
		return answer{}, c.config.Key.told(err)
	}
	defer resp.Body.Close()
	a := answer{status: resp.StatusCode, key: c.config.Key}
	a.requestID = requestID(resp.Header, a.key)
	a.date, _ = http.ParseTime(resp.Header.Get("Date"))
	a.body, err = readAll(nil, io.LimitReader(resp.Body, maxJSON+1), resp.ContentLength)
	switch {
	case len(a.body) > maxJSON:
		err = fmt.Errorf("%w: more than 1 MiB", ErrUnreadable)
	case err != nil && json.Valid(a.body):
		err = nil // a whole object came; what broke after it does not matter
	}
	return a, c.config.Key.told(err)
}

// exchange is one request and one answer.
func exchange(t *http.Transport, req *http.Request) (*http.Response, error) {
	resp, err := t.RoundTrip(req)
	if err == nil && resp.StatusCode == http.StatusSwitchingProtocols {
		// The body is the bare connection, which no context ends: a read could block forever.
		resp.Body.Close()
		return nil, errSwitched
	}
	return resp, err
}

// requestID reads the header of either gateway (wire.md §1, §5).
func requestID(h http.Header, key Key) string {
	for _, name := range []string{"X-Request-Id", "X-Dashscope-Requestid"} {
		if id := key.plain(h.Get(name)); isTaskID(id) {
			return id
		}
	}
	return ""
}

// id is the request's id from the header, else from the body, else "".
func (a answer) id() string {
	if e, err := a.envelope(); a.requestID == "" && err == nil && isTaskID(e.RequestID) {
		return e.RequestID
	}
	return a.requestID
}

// apiError turns an answer that is not a success into an *APIError, or a *ForeignError where it
// is in no known envelope. Answers are tried as JSON whatever their content type says: a recorded
// 401 has none (wire.md §6).
func (a answer) apiError(op string) error {
	if a.status >= 300 && a.status < 400 {
		return a.foreign(op, "a redirect; is the base URL right?")
	}
	a.body = a.body[:min(len(a.body), maxError)]
	e, err := a.envelope()
	if err != nil || !e.known() {
		return a.foreign(op, describe(a.body))
	}
	return &APIError{Op: op, Status: a.status, Code: e.Code, Message: e.Message,
		RequestID: cmp.Or(e.RequestID, a.requestID), Date: a.date}
}

func (a answer) foreign(op, what string) error {
	head := a.key.plain(string(a.body[:min(len(a.body), 4<<10)]))
	return &ForeignError{Op: op, Status: a.status, What: what, Body: beginning(head)}
}

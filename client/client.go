package client

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"

	"golang.org/x/sync/semaphore"
)

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
	submissions, queries, pictures transport

	memory *semaphore.Weighted // bytes that large pictures may take while they are downloaded
	waits  *waits
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
		submissions: c.hooked(c.submissionTransport()),
		queries:     c.hooked(c.queryTransport()),
		pictures:    c.hooked(c.pictureTransport(base)),
		memory:      semaphore.NewWeighted(largePictures),
		waits:       new(waits),
	}, nil
}

// Close drops the idle connections.
func (c *Client) Close() {
	for _, t := range []transport{c.submissions, c.queries, c.pictures} {
		t.base.CloseIdleConnections()
	}
}

// BaseURL returns the endpoint.
func (c *Client) BaseURL() string { return c.base.String() }

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
func (c *Client) send(t transport, req *http.Request) (answer, error) {
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
func exchange(t transport, req *http.Request) (*http.Response, error) {
	resp, err := t.RoundTrip(req)
	if err == nil && resp.StatusCode == http.StatusSwitchingProtocols {
		// The body is the bare connection, which no context ends: a read could block forever.
		resp.Body.Close()
		return nil, errSwitched
	}
	return resp, err
}

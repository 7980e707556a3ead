package client

import (
	"bytes"
	"context"
	"encoding/xml"
	"errors"
	"fmt"
	"hash/crc64"
	"io"
	"net/http"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// MaxPicture is the largest picture that is accepted, in bytes: 64 MiB. The service makes none
// above about 20 MiB.
const MaxPicture = 64 << 20

var (
	// ErrGone says that the picture's URL is refused or empty (HTTP 403, 404): expired, or the
	// file is not there.
	ErrGone = errors.New("picture URL refused")
	// ErrPrivateHost says that the URL leads to an address outside the public internet.
	ErrPrivateHost = errors.New("picture host is a private address")
	// ErrPictureURL says that no picture can ever be fetched from the URL, file:// for example.
	ErrPictureURL = errors.New("the picture's URL is none to fetch from")
)

// Download fetches a picture. No key is sent, and the signed query goes out byte for byte. The
// body is checked against Content-Length and, where the store sends it, CRC-64; the picture
// itself is not decoded.
//
// After ErrGone, query the task for a fresh URL; after any other error, try again.
func (c *Client) Download(ctx context.Context, rawURL string) ([]byte, error) {
	return c.DownloadBuffer(ctx, nil, rawURL)
}

// DownloadBuffer is [Client.Download] into a buffer whose array is reused if it is large enough.
func (c *Client) DownloadBuffer(ctx context.Context, buf []byte, rawURL string) (
	body []byte, err error) {
	err = c.config.again(ctx, func() error {
		body, err = c.downloadOnce(ctx, buf, rawURL)
		return err
	})
	return body, err
}

func (c *Client) downloadOnce(ctx context.Context, buf []byte, rawURL string) ([]byte, error) {
	u, err := c.pictureURL(rawURL)
	if err != nil {
		return nil, fmt.Errorf("download: %w", err)
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	idle := time.AfterFunc(c.config.Idle, func() {
		cancel(fmt.Errorf("less than 16 KiB came in %v", c.config.Idle))
	})
	defer idle.Stop()
	body, err := c.follow(ctx, buf, u, idle)
	if err != nil && context.Cause(ctx) != nil {
		err = context.Cause(ctx)
	}
	if err != nil {
		return nil, fmt.Errorf("download from %s: %w", oneLine(u.Hostname()),
			c.config.Key.told(err))
	}
	return body, nil
}

// pictureURL checks a URL of a result. http, as in samples of the documents, becomes https, unless
// the API itself is plain http, as only an emulator's is.
func (c *Client) pictureURL(raw string) (*url.URL, error) {
	u, err := url.Parse(raw)
	switch {
	case err != nil || u.Hostname() == "":
		return nil, ErrPictureURL
	case u.User != nil:
		return nil, fmt.Errorf("%w: it carries a user", ErrPictureURL)
	case u.Scheme == "http" && c.base.Scheme != "http":
		u.Scheme, u.Host = "https", strings.TrimSuffix(u.Host, ":80")
	case u.Scheme != "https" && u.Scheme != "http":
		return nil, fmt.Errorf("%w: it has the scheme %q", ErrPictureURL, oneLine(u.Scheme))
	}
	for _, r := range u.Host {
		if r > 126 || r <= ' ' {
			return nil, fmt.Errorf("%w: its host has odd letters", ErrPictureURL)
		}
	}
	return u, c.checkLiteral(u.Hostname())
}

// checkLiteral refuses a private address in the URL itself. The dialer refuses it, too, but a
// proxy does not.
func (c *Client) checkLiteral(host string) error {
	if ip, err := netip.ParseAddr(host); err == nil && c.config.refuses(c.base)(ip) {
		return privateHost(ip)
	}
	return nil
}

// follow fetches a picture over at most three redirects, each checked like the first URL. It sends
// no Referer, which would carry the signed query.
func (c *Client) follow(ctx context.Context, spare []byte, u *url.URL, idle *time.Timer) (
	[]byte, error) {
	for range 4 {
		body, location, err := c.fetch(ctx, spare, u, idle)
		if err != nil || location == "" {
			return body, err
		}
		next, err := u.Parse(location)
		if err != nil {
			return nil, errors.New("redirected to what is no URL")
		}
		if next.Scheme == "http" && u.Scheme == "https" {
			next.Scheme, next.Host = "https", strings.TrimSuffix(next.Host, ":80")
		}
		if u, err = c.pictureURL(next.String()); err != nil {
			return nil, fmt.Errorf("redirected: %w", err)
		}
	}
	return nil, errors.New("too many redirects")
}

// fetch makes one request, with the query as it was parsed. It returns the body, or the
// location of a redirect.
func (c *Client) fetch(ctx context.Context, spare []byte, u *url.URL, idle *time.Timer) (
	body []byte, location string, err error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, u.String(), nil)
	if err != nil {
		return nil, "", errors.New("the picture's URL is none")
	}
	req.Header.Set("User-Agent", c.config.UserAgent)
	resp, err := exchange(c.pictures, req)
	if err != nil {
		return nil, "", err
	}
	defer resp.Body.Close()
	location = resp.Header.Get("Location")
	switch resp.StatusCode {
	case http.StatusOK:
		body, err = c.readPicture(ctx, spare, resp, idle)
		return body, "", err
	case 301, 302, 303, 307, 308:
		if location != "" {
			return nil, location, nil
		}
	}
	return nil, "", storeError(resp)
}

// storeError reads the store's XML: <Error><Code>AccessDenied</Code>… (OSS39, 2026-11).
func storeError(resp *http.Response) error {
	var e struct {
		Code string `xml:"Code"`
	}
	_ = xml.NewDecoder(io.LimitReader(resp.Body, maxError)).Decode(&e)
	err := errors.New(strings.TrimSpace(fmt.Sprintf(
		"HTTP %d %s", resp.StatusCode, oneLine(e.Code))))
	if resp.StatusCode == http.StatusForbidden || resp.StatusCode == http.StatusNotFound {
		return fmt.Errorf("%w: %w", ErrGone, err)
	}
	return err
}

func (c *Client) readPicture(ctx context.Context, spare []byte, resp *http.Response,
	idle *time.Timer) ([]byte, error) {
	if resp.ContentLength > MaxPicture {
		return nil, fmt.Errorf("%d bytes are no picture", resp.ContentLength)
	}
	come := &progressReader{Reader: resp.Body, progress: func() { idle.Reset(c.config.Idle) }}
	body, err := c.readBounded(ctx, spare, io.LimitReader(come, MaxPicture+1), resp.ContentLength,
		idle)
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

// room is the spare capacity of a body, for the metadata to be written into the picture.
const room = 4 << 10

// readAll is io.ReadAll into a spare array for a body of the announced length, or -1. It allocates
// at most a MiB in advance and grows with what arrives.
func readAll(spare []byte, r io.Reader, length int64) ([]byte, error) {
	b := bytes.NewBuffer(spare[:0])
	b.Grow(int(min(max(length, 0), 1<<20)) + room)
	_, err := b.ReadFrom(r)
	return b.Bytes(), err
}

// checkCRC compares with the store's checksum. It ignores an invalid header.
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

// A progressReader reports each further 16 KiB: a byte a second is no progress.
type progressReader struct {
	io.Reader
	progress func()
	since    int
}

func (r *progressReader) Read(p []byte) (int, error) {
	n, err := r.Reader.Read(p)
	if r.since += n; r.since >= 16<<10 {
		r.since = 0
		r.progress()
	}
	return n, err
}

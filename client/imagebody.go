package client

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"sync"
)

// errChanged says that a picture is not what it was when it was looked at.
var errChanged = errors.New("the picture has changed since it was looked at")

// A streamedBody is the body of a request with pictures. It reads each of them only while it is
// sent, so that a request holds 128 KiB however large its pictures are.
type streamedBody struct {
	length int64
	parts  []func() (io.ReadCloser, error)

	mu      sync.Mutex
	current io.ReadCloser
	err     error // of a picture; the body has ended before its end then
	closed  bool
}

// stream puts pictures into an encoded body, before the text of its message.
func stream(body []byte, images []Image) (*streamedBody, error) {
	// no string of the body can hold this: its quotes would be escaped
	const list = `"content":[`
	at := bytes.Index(body, []byte(list)) + len(list)
	b := &streamedBody{}
	b.add(body[:at])
	for i, image := range images {
		if err := b.addImage(image); err != nil {
			return nil, fmt.Errorf("%w: image %d: %w", ErrImage, i+1, err)
		}
	}
	b.add(body[at:])
	return b, nil
}

func (b *streamedBody) add(text []byte) {
	b.length += int64(len(text))
	b.parts = append(b.parts, func() (io.ReadCloser, error) {
		return io.NopCloser(bytes.NewReader(text)), nil
	})
}

func (b *streamedBody) addImage(image Image) error {
	before, length, err := image.prepare()
	if err != nil {
		return err
	}
	text, err := json.Marshal(before)
	if err != nil {
		return err
	}
	b.add(append([]byte(`{"image":`), text[:len(text)-1]...))
	if image.URL == "" {
		b.length += int64(base64.StdEncoding.EncodedLen(int(length)))
		b.parts = append(b.parts, func() (io.ReadCloser, error) {
			return openEncoded(image, length)
		})
	}
	b.add([]byte(`"},`))
	return nil
}

// Read implements io.Reader.
func (b *streamedBody) Read(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for {
		switch {
		case b.err != nil:
			return 0, b.err
		case b.closed:
			return 0, errors.New("the request has ended")
		case b.current == nil && len(b.parts) == 0:
			return 0, io.EOF
		case b.current == nil:
			if b.current, b.err = b.parts[0](); b.err != nil {
				b.err = fmt.Errorf("%w: %w", ErrImage, b.err)
				return 0, b.err
			}
			b.parts = b.parts[1:]
		}
		n, err := b.current.Read(p)
		if errors.Is(err, io.EOF) {
			b.current.Close()
			b.current, err = nil, nil
		}
		if err != nil {
			b.err = fmt.Errorf("%w: %w", ErrImage, err)
		}
		if n > 0 || err != nil {
			return n, err
		}
	}
}

// Close implements io.Closer.
func (b *streamedBody) Close() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.closed = true
	if b.current == nil {
		return nil
	}
	err := b.current.Close()
	b.current = nil
	return err
}

// broken is why the body has ended before its end, nil where it has not: then it provably did not
// go out whole. The nil body of a request without pictures never has.
func (b *streamedBody) broken() error {
	if b == nil {
		return nil
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.err
}

// chunk is how much of a picture is read at a time: whole groups of base64.
const chunk = 48 << 10

// An encodedImage reads a picture as base64. The last of it comes only once all of it has been
// compared with what it has to be.
type encodedImage struct {
	from  io.ReadCloser
	left  int64
	hash  hash.Hash
	want  string
	raw   []byte
	ready []byte // not read yet
	text  []byte
}

func openEncoded(image Image, length int64) (io.ReadCloser, error) {
	from, now, err := image.Open()
	if err != nil {
		return nil, err
	}
	if now != length {
		from.Close()
		return nil, errChanged
	}
	return &encodedImage{from: from, left: length, hash: sha256.New(), want: image.SHA256,
		raw: make([]byte, chunk), text: make([]byte, base64.StdEncoding.EncodedLen(chunk))}, nil
}

// Read implements io.Reader.
func (e *encodedImage) Read(p []byte) (int, error) {
	if len(e.ready) == 0 {
		if e.left == 0 {
			return 0, io.EOF
		}
		if err := e.fill(); err != nil {
			return 0, err
		}
	}
	n := copy(p, e.ready)
	e.ready = e.ready[n:]
	return n, nil
}

func (e *encodedImage) fill() error {
	raw := e.raw[:min(int64(chunk), e.left)]
	if _, err := io.ReadFull(e.from, raw); err != nil {
		return errors.Join(errChanged, err)
	}
	e.left -= int64(len(raw))
	if e.hash.Write(raw); e.left == 0 {
		if err := e.check(); err != nil {
			return err
		}
	}
	e.ready = e.text[:base64.StdEncoding.EncodedLen(len(raw))]
	base64.StdEncoding.Encode(e.ready, raw)
	return nil
}

func (e *encodedImage) check() error {
	if n, _ := io.ReadFull(e.from, make([]byte, 1)); n > 0 {
		return errChanged
	}
	if e.want != "" && e.want != hex.EncodeToString(e.hash.Sum(nil)) {
		return errChanged
	}
	return nil
}

// Close implements io.Closer.
func (e *encodedImage) Close() error { return e.from.Close() }

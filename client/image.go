package client

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
)

// An Image is a picture that a request shows the model, to edit it or to follow it. It comes from
// a URL, or else from Open.
type Image struct {
	// URL is public, http or https: the service fetches it.
	URL string
	// Open begins to read the content and tells its length in bytes. It is called once before the
	// request is sent, to tell the format, and once while it is sent.
	Open func() (content io.ReadCloser, length int64, err error)
	// SHA256 is what the content has to hash to, in hex; "" is not checked. A request whose picture
	// has changed is ErrNotSent.
	SHA256 string
}

// ImageURL is a picture that the service fetches itself.
func ImageURL(address string) Image { return Image{URL: address} }

// ImageBytes is a picture in memory. The slice must not be changed while it is sent.
func ImageBytes(content []byte) Image {
	return Image{Open: func() (io.ReadCloser, int64, error) {
		return io.NopCloser(bytes.NewReader(content)), int64(len(content)), nil
	}}
}

// ImageFile is a picture in a file. Nothing is read yet.
func ImageFile(path string) Image {
	return Image{Open: func() (io.ReadCloser, int64, error) {
		f, err := os.Open(path)
		if err != nil {
			return nil, 0, err
		}
		info, err := f.Stat()
		if err == nil && !info.Mode().IsRegular() {
			err = fmt.Errorf("%s is no file", path)
		}
		if err != nil {
			f.Close()
			return nil, 0, err
		}
		return f, info.Size(), nil
	}}
}

// ErrImage says that a picture of a request cannot be read, or is not what it was. Nothing was
// created.
var ErrImage = errors.New("a picture cannot be sent")

// errNoPicture is what a picture is that no model takes.
var errNoPicture = errors.New("the content is none of JPEG, PNG, BMP, TIFF, WEBP and GIF")

// prepare tells how a picture stands in a body: whole for a URL, else what stands before its
// content, and how long that is.
func (i Image) prepare() (before string, length int64, err error) {
	if i.URL != "" {
		u, err := url.Parse(i.URL)
		if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
			return "", 0, errors.New("a picture's URL begins with http:// or https://")
		}
		return i.URL, 0, nil
	}
	if i.Open == nil {
		return "", 0, errors.New("a picture has neither a URL nor content")
	}
	content, length, err := i.Open()
	if err != nil {
		return "", 0, err
	}
	defer content.Close()
	head := make([]byte, 16)
	n, err := io.ReadFull(content, head)
	if err != nil && !errors.Is(err, io.ErrUnexpectedEOF) && !errors.Is(err, io.EOF) {
		return "", 0, err
	}
	mime := imageType(head[:n])
	if mime == "" {
		return "", 0, errNoPicture
	}
	return "data:" + mime + ";base64,", length, nil
}

// imageTypes are the formats that the vendor's pages name (QIE, 2026-05; WAN27, 2026-08), by how
// their files begin.
var imageTypes = []struct{ begins, mime string }{
	{"\x89PNG\r\n\x1a\n", "image/png"}, {"\xff\xd8\xff", "image/jpeg"}, {"GIF8", "image/gif"},
	{"BM", "image/bmp"}, {"II*\x00", "image/tiff"}, {"MM\x00*", "image/tiff"},
}

// imageType tells the format of a picture from its first 16 bytes; "" for any other content.
func imageType(head []byte) string {
	for _, t := range imageTypes {
		if bytes.HasPrefix(head, []byte(t.begins)) {
			return t.mime
		}
	}
	if len(head) >= 12 && string(head[:4]) == "RIFF" && string(head[8:12]) == "WEBP" {
		return "image/webp"
	}
	return ""
}

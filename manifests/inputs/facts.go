// Package inputs looks at pictures that a request is to show a model: their hash, format and
// sides.
//
// It guarantees that the format is told by the content and not by the name, and that a hash is
// that of the bytes that were there when it was taken. A [Memory] keeps what was learnt of a
// file as long as its size and time stay the same, also from run to run, so that a thousand
// photos are not read again to find that nothing is to be done. It knows nothing of manifests,
// models or requests, and changes no picture.
package inputs

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"image"
	_ "image/gif"  // the formats that models take
	_ "image/jpeg" // …
	_ "image/png"  // …
	"io"
	"strings"

	_ "golang.org/x/image/bmp"  // …
	_ "golang.org/x/image/tiff" // …
	_ "golang.org/x/image/webp" // …
)

// Facts are what is known of a picture.
type Facts struct {
	SHA256 string `json:"sha256"` // in hex
	Bytes  int64  `json:"bytes"`
	Format string `json:"format"` // "jpeg", "png", "gif", "bmp", "tiff" or "webp"
	// Width and Height are as it is looked at: a photo that a camera has turned is turned.
	Width  int `json:"width"`
	Height int `json:"height"`
	// Transparent says that it has an alpha channel.
	Transparent bool `json:"transparent,omitempty"`
	// Turned is the EXIF orientation, 2 to 8; 0 where it is upright.
	Turned int `json:"turned,omitempty"`
}

// An Error says why a file is no picture that any model takes, as a sentence whose subject is the
// file.
type Error struct{ Text string }

func (e *Error) Error() string { return e.Text }

// headLength is how much of a file is kept to tell what it is: the sides of a JPEG stand behind
// its thumbnail and colour profile.
const headLength = 1 << 20

// Read reads a picture to its end. What is no picture is an *Error.
func Read(r io.Reader) (Facts, error) {
	sum := sha256.New()
	head := bytes.NewBuffer(make([]byte, 0, 64<<10))
	first, err := io.Copy(io.MultiWriter(sum, head), io.LimitReader(r, headLength))
	if err != nil {
		return Facts{}, err
	}
	facts, err := look(head.Bytes())
	if err != nil {
		return Facts{}, err
	}
	rest, err := io.Copy(sum, r)
	if err != nil {
		return Facts{}, err
	}
	facts.SHA256, facts.Bytes = hex.EncodeToString(sum.Sum(nil)), first+rest
	return facts, nil
}

// look tells what a file is from its beginning.
func look(head []byte) (Facts, error) {
	if what := foreign(head); what != "" {
		return Facts{}, &Error{what}
	}
	config, format, err := image.DecodeConfig(bytes.NewReader(head))
	switch {
	case errors.Is(err, image.ErrFormat):
		return Facts{}, &Error{"is no picture; JPEG, PNG, WEBP, BMP, TIFF and GIF are"}
	case err != nil:
		return Facts{}, &Error{fmt.Sprintf("is a damaged picture: %v", err)}
	case config.Width < 1 || config.Height < 1:
		return Facts{}, &Error{"is a picture without pixels"}
	}
	f := Facts{Format: format, Width: config.Width, Height: config.Height}
	switch format {
	case "png":
		f.Transparent = transparentPNG(head)
	case "webp":
		f.Transparent = len(head) > 20 && string(head[12:16]) == "VP8X" && head[20]&0x10 != 0
	case "jpeg":
		if f.Turned = orientation(head); f.Turned >= 5 {
			f.Width, f.Height = f.Height, f.Width
		}
	}
	return f, nil
}

// foreign says what a file is that many people take for a picture and no model takes; "" for all
// else.
func foreign(head []byte) string {
	switch start := strings.ToLower(string(head[:min(len(head), 1024)])); {
	case len(head) == 0:
		return "is empty"
	case len(head) > 12 && string(head[4:8]) == "ftyp" &&
		strings.Contains("heic heix hevc heim heis mif1 msf1", string(head[8:12])):
		return "is HEIC, as iPhones write; no model takes it: export it as JPEG (on the phone: " +
			"Settings, Camera, Formats, Most Compatible)"
	case len(head) > 12 && string(head[4:8]) == "ftyp" && string(head[8:12]) == "avif":
		return "is AVIF; no model takes it: save it as JPEG or PNG"
	case strings.Contains(start, "<svg"):
		return "is SVG, a drawing of lines; no model takes it: export it as PNG"
	case strings.HasPrefix(start, "%pdf"):
		return "is a PDF; no model takes it: export its page as JPEG or PNG"
	case strings.HasPrefix(start, "<!doctype html") || strings.HasPrefix(start, "<html"):
		return "is a web page, saved in place of a picture"
	}
	return ""
}

// transparentPNG reports whether a PNG has an alpha channel, or a transparent colour before its
// pixels.
func transparentPNG(head []byte) bool {
	end := bytes.Index(head, []byte("IDAT"))
	return len(head) > 25 && (head[25] == 4 || head[25] == 6) ||
		end > 0 && bytes.Contains(head[:end], []byte("tRNS"))
}

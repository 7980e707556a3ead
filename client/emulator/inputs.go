package emulator

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"image"
	_ "image/gif"  // formats that the service takes (QIE, 2026-05)
	_ "image/jpeg" // …
	_ "image/png"  // …
	"io"
	"net/url"
	"strings"

	_ "golang.org/x/image/bmp"  // …
	_ "golang.org/x/image/tiff" // …
	_ "golang.org/x/image/webp" // …
)

// An Input is a picture that a request has shown the model.
type Input struct {
	URL    string `json:"url,omitempty"`
	SHA256 string `json:"sha256,omitempty"` // of the content, where the request had it
	Bytes  int64  `json:"bytes,omitempty"`
	Format string `json:"format,omitempty"` // "" where it is no picture
	Width  int    `json:"width,omitempty"`
	Height int    `json:"height,omitempty"`

	transparent bool
}

const (
	// maxBody bounds what is read of a request without its pictures.
	maxBody = 1 << 20
	// maxInput bounds what is kept of a picture: more than any model takes.
	maxInput = 21 << 20
)

// An inputReader takes the pictures out of the JSON of a submission while it comes, so that a body
// is never in memory as a whole. Each is replaced by a text that is no URL.
type inputReader struct {
	from    *bufio.Reader
	text    []byte
	inputs  []Input
	sketch  func(sha string, content []byte) // of each picture; nil is none
	content []byte                           // of the picture that is being read
}

// marker stands in the text in place of the n-th picture.
func marker(n int) string { return fmt.Sprintf("data:#%d", n) }

// read reads a body to its end. The text has at most maxBody bytes.
func (r *inputReader) read() error {
	inside, escaped := false, false
	for {
		b, err := r.from.ReadByte()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		if r.text = append(r.text, b); len(r.text) > maxBody {
			return errLongText
		}
		switch {
		case escaped:
			escaped = false
		case inside && b == '\\':
			escaped = true
		case b == '"':
			if inside = !inside; inside && r.dataURL() {
				if err := r.picture(); err != nil {
					return err
				}
				inside = false
			}
		}
	}
}

var errLongText = fmt.Errorf("more than %d bytes without pictures", maxBody)

func (r *inputReader) dataURL() bool {
	head, _ := r.from.Peek(5)
	return string(head) == "data:"
}

// picture reads a data URL and the quote behind it.
func (r *inputReader) picture() error {
	d := inputDecoder{sum: sha256.New(), kept: r.content[:0], keep: r.sketch != nil}
	head := true
	for {
		b, err := r.from.ReadByte()
		switch {
		case err != nil:
			return err
		case b == '"':
			d.flush()
			r.content = d.kept
			r.inputs = append(r.inputs, d.input())
			r.text = append(r.text, marker(len(r.inputs)-1)+`"`...)
			if i := r.inputs[len(r.inputs)-1]; r.sketch != nil && i.Format != "" {
				r.sketch(i.SHA256, d.kept)
			}
			return nil
		case head:
			head = b != ','
		case b != '\\': // some encoders write \/
			d.add(b)
		}
	}
}

// An inputDecoder decodes base64. It keeps the beginning of a picture, or all of one that is drawn.
type inputDecoder struct {
	sum interface {
		io.Writer
		Sum(b []byte) []byte
	}
	group  [4096]byte
	filled int
	length int64
	bad    bool
	keep   bool
	kept   []byte
}

func (d *inputDecoder) add(b byte) {
	d.group[d.filled] = b
	if d.filled++; d.filled == len(d.group) {
		d.flush()
	}
}

func (d *inputDecoder) flush() {
	var plain [3072]byte
	n, err := base64.StdEncoding.Decode(plain[:], d.group[:d.filled])
	d.bad = d.bad || err != nil
	d.filled = 0
	d.sum.Write(plain[:n])
	d.length += int64(n)
	if len(d.kept) < 1<<16 || d.keep && len(d.kept) < maxInput {
		d.kept = append(d.kept, plain[:n]...)
	}
}

func (d *inputDecoder) input() Input {
	i := Input{SHA256: hex.EncodeToString(d.sum.Sum(nil)), Bytes: d.length}
	config, format, err := image.DecodeConfig(bytes.NewReader(d.kept))
	if err == nil && !d.bad {
		i.Format, i.Width, i.Height = format, config.Width, config.Height
		i.transparent = format == "png" && transparentPNG(d.kept)
	}
	return i
}

// transparentPNG reports whether a PNG has an alpha channel, or a transparent colour before its
// pixels.
func transparentPNG(b []byte) bool {
	if len(b) < 26 {
		return false
	}
	end := bytes.Index(b, []byte("IDAT"))
	return b[25] == 4 || b[25] == 6 || end > 0 && bytes.Contains(b[:end], []byte("tRNS"))
}

// inputNamed is the picture of an element of content.
func (b *parsedBody) inputNamed(text string) (Input, *refusal) {
	for i := range b.data {
		if text == marker(i) {
			return b.data[i], nil
		}
	}
	u, err := url.Parse(text)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return Input{}, refusalOf("InvalidURL", "")
	}
	if strings.HasSuffix(u.Hostname(), ".invalid") {
		return Input{}, refusalOf("InvalidParameter.DataInspection", "")
	}
	return Input{URL: text}, nil
}

// inputRules are what a model takes (QIE, QI3, WAN27; 2026-05 to 2026-10).
type inputRules struct {
	most             int
	bytes            int64
	formats          string // with blanks between them
	minSide, maxSide int
	ratio            int
	opaque           bool // no transparent PNG
}

func qwenPictures(most int) inputRules {
	return inputRules{most: most, bytes: 10_000_000, formats: "jpeg png bmp tiff webp gif"}
}

func wanPictures() inputRules {
	return inputRules{most: 9, bytes: 20_000_000, formats: "jpeg png bmp webp", minSide: 240,
		maxSide: 8000, ratio: 8, opaque: true}
}

// check refuses a picture. The wording is [I].
func (z inputRules) check(i Input) *refusal {
	long, short := max(i.Width, i.Height), min(i.Width, i.Height)
	switch {
	case i.URL != "":
		return nil // nothing is fetched here
	case i.Format == "" || !strings.Contains(z.formats, i.Format):
		return invalid("The image format is illegal and cannot be opened")
	case i.Bytes > z.bytes:
		return invalid(fmt.Sprintf("The image size must be at most %d MB", z.bytes/1e6))
	case z.minSide > 0 && (short < z.minSide || long > z.maxSide):
		return invalid(fmt.Sprintf("The image sides must be in [%d, %d]", z.minSide, z.maxSide))
	case z.ratio > 0 && long > z.ratio*short:
		return invalid(fmt.Sprintf("The image ratio must be in [1:%d, %d:1]", z.ratio, z.ratio))
	case z.opaque && i.transparent:
		return invalid("The image must not have an alpha channel")
	}
	return nil
}

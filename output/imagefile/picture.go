package imagefile

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
)

// Picture is what the bytes of a picture say of it.
type Picture struct {
	Ext           string   // .png, .jpg, .webp or .gif; .bin where the format is unknown
	Width, Height int      // pixels, as the header says; 0 where it does not
	Bytes         int64    // length of the file
	Warnings      []string // what is odd about it, in words for a person
}

// ErrDamaged says that what came is not what was sent, or not a picture: download it again.
var ErrDamaged = errors.New("damaged in transport")

// Inspect looks whether b is a whole picture. An error is an [ErrDamaged]: nothing, text, a page or an XML
// error in place of a picture, a PNG that is cut, whose checksums do not add up, or which has no pixels.
//
// Everything else is a whole picture, which was paid for and is never refused: another format, bytes after
// the end, an unheard-of size, a format that nobody knows get a warning. Only headers are read; nothing is
// ever inflated, so a decompression bomb costs no more than its length.
func Inspect(b []byte) (Picture, error) {
	if len(b) == 0 {
		return Picture{}, damaged("empty body")
	}
	if resemblesPNG(b) {
		return inspectPNG(b)
	}
	return inspectForeign(b)
}

// Salvage describes what [Inspect] calls damaged and is a picture all the same, a PNG with the damage as a
// warning: that is what to save if nothing better is to be had. It reports false for nothing, text and pages.
func Salvage(b []byte) (p Picture, ok bool) {
	_, err := Inspect(b)
	if err == nil || len(b) == 0 || !resemblesPNG(b) {
		return Picture{}, false
	}
	p = Picture{Ext: ".png", Bytes: int64(len(b))}
	if start := len(pngStart); len(b) >= start+ihdrSize && bytes.HasPrefix(b, []byte(pngStart)) {
		p.Width, p.Height = pngSize(b[start:])
	}
	p.warn("%v", err)
	return p, true
}

// SHA256 is the hash of a file, as lower case hex. It takes longer than all of [Inspect].
func SHA256(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}

func damaged(format string, args ...any) error {
	return fmt.Errorf("%w: %s", ErrDamaged, fmt.Sprintf(format, args...))
}

// newPicture is a Picture of b, its header read.
func newPicture(b []byte, ext string, width, height int) Picture {
	p := Picture{Ext: ext, Width: width, Height: height, Bytes: int64(len(b))}
	if width == 0 || height == 0 {
		p.warn("its header tells no size")
	}
	if int64(width)*int64(height) > manyPixels {
		p.warn("its header claims %d×%d pixels: it gets no thumbnail", width, height)
	}
	return p
}

// manyPixels is twice the largest picture that the API offers (4096×4096). A file that claims more is not
// decoded by anything of ours: at 15 bytes a pixel, the worst that a JPEG takes, this much is 500 MB.
const manyPixels = 2 * 4096 * 4096

func (p *Picture) warn(format string, args ...any) {
	p.Warnings = append(p.Warnings, fmt.Sprintf(format, args...))
}

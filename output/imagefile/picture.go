// Package imagefile reads the bytes of pictures: it tells whole ones from damaged ones, and
// makes them small. It writes texts into PNG files, from which they are read again.
//
// [Inspect] and [Texts] read headers and chunks and never inflate pixels, so that a
// decompression bomb costs no more than its length. [Thumbnail] and [Readable] decode, after
// they have checked the size that the header claims; a decoder that panics is an error. A
// picture of an unknown format, or with odd contents, was paid for and is never rejected: it
// gets warnings. Errors are [ErrDamaged] and [ErrNoThumbnail].
//
// All functions work on bytes in memory, are safe for concurrent use, and open no file.
package imagefile

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
)

// A Picture describes a picture by its bytes.
type Picture struct {
	Ext           string   // .png, .jpg, .webp or .gif; .bin where the format is unknown
	Width, Height int      // pixels, from the header; 0 if it has no valid size
	Bytes         int64    // length of the file
	Warnings      []string // what is unusual about it, for people
}

// ErrDamaged is the error of bytes that are no whole picture. The caller downloads it again.
var ErrDamaged = errors.New("damaged in transport")

// Inspect checks that b is a whole picture. It returns an [ErrDamaged] for no bytes, for text,
// HTML or an XML error in place of a picture, and for a PNG that is cut, has a wrong checksum
// or has no pixels.
//
// Everything else is a whole picture. Another format than PNG, an unknown format, an unusual
// size and bytes after the end get a warning. Inspect reads headers and never inflates.
func Inspect(b []byte) (Picture, error) {
	if len(b) == 0 {
		return Picture{}, damaged("empty body")
	}
	if resemblesPNG(b) {
		return inspectPNG(b)
	}
	return inspectForeign(b)
}

// Salvage describes a damaged PNG, with the damage as a warning, for a caller that cannot get a
// better copy. It reports false for a whole picture and for bytes that are no picture.
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

// SHA256 returns the hash of b in lower-case hex. It takes longer than [Inspect].
func SHA256(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}

func damaged(format string, args ...any) error {
	return fmt.Errorf("%w: %s", ErrDamaged, fmt.Sprintf(format, args...))
}

// newPicture returns the Picture of b, with warnings about the size that its header gives.
func newPicture(b []byte, ext string, width, height int) Picture {
	p := Picture{Ext: ext, Width: width, Height: height, Bytes: int64(len(b))}
	if width == 0 || height == 0 {
		p.warn("its header tells no size")
	}
	if int64(width)*int64(height) > maxPixels {
		p.warn("its header claims %d×%d pixels: it gets no thumbnail", width, height)
	}
	return p
}

// maxPixels is twice the largest picture that the API offers (4096×4096). A file that claims
// more is never decoded: at 15 bytes a pixel, the most that a JPEG takes, this many are 500 MB.
const maxPixels = 2 * 4096 * 4096

func (p *Picture) warn(format string, args ...any) {
	p.Warnings = append(p.Warnings, fmt.Sprintf(format, args...))
}

package imagefile

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"image"
	"image/draw"
	"image/jpeg"
	"strings"

	_ "image/gif" // for image.Decode
	_ "image/png"

	_ "golang.org/x/image/webp"
)

// ErrNoThumbnail is the error of a picture that cannot be made small: its header claims too
// many pixels, or its format is unknown, or it is damaged.
var ErrNoThumbnail = errors.New("no thumbnail")

// A Size is one in which a picture is made small.
type Size struct {
	Side    int // pixels of the longer side, at most
	Quality int // of the JPEG, 1 to 100
}

// Thumbnails returns the picture b as JPEGs, one for each size, the largest first. None has more
// pixels than b. It reads PNG, JPEG, GIF (the first frame) and WebP; transparent pixels become
// white. The picture is decoded once, and each size is made of the one before. It reads the
// header first, so that a decompression bomb costs nothing. If b cannot be decoded, or its
// decoder panics, it returns an [ErrNoThumbnail].
func Thumbnails(b []byte, sizes ...Size) ([][]byte, error) {
	picture, err := decode(b)
	if err != nil {
		return nil, err
	}
	full := picture.Bounds()
	small := onWhite(picture)
	var all [][]byte
	for _, size := range sizes {
		small = shrink(small, fitted(full.Dx(), full.Dy(), size.Side))
		var out bytes.Buffer
		if err := jpeg.Encode(&out, small, &jpeg.Options{Quality: size.Quality}); err != nil {
			return nil, err
		}
		all = append(all, out.Bytes())
	}
	return all, nil
}

// Readable decodes a picture and returns what is wrong inside it, which [Inspect] does not see.
// It returns nil for unknown formats, and for more pixels than [Thumbnails] decodes.
func Readable(b []byte) error {
	config, _, err := image.DecodeConfig(bytes.NewReader(b))
	unknown, large := errors.Is(err, image.ErrFormat), area(config) > maxPixels
	if unknown || err == nil && large {
		return nil
	}
	if _, err := decode(b); err != nil {
		reason := strings.TrimPrefix(err.Error(), ErrNoThumbnail.Error())
		return errors.New("it cannot be decoded" + reason)
	}
	return nil
}

// decode is image.Decode with a limit on pixels, and with an error in place of a panic.
func decode(b []byte) (picture image.Image, err error) {
	defer func() {
		if p := recover(); p != nil {
			picture, err = nil, fmt.Errorf("%w: its decoder panics: %v", ErrNoThumbnail, p)
		}
	}()
	config, _, err := image.DecodeConfig(bytes.NewReader(b))
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrNoThumbnail, err)
	}
	if n := area(config); n == 0 || n > maxPixels {
		return nil, fmt.Errorf("%w: its header claims %d×%d pixels",
			ErrNoThumbnail, config.Width, config.Height)
	}
	picture, _, err = image.Decode(bytes.NewReader(b))
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrNoThumbnail, err)
	}
	return picture, nil
}

func area(c image.Config) int64 { return int64(c.Width) * int64(c.Height) }

// fitted returns the size with at most side pixels on the longer side and at least 1 on the
// shorter one.
func fitted(width, height, side int) image.Rectangle {
	longer := max(width, height)
	if longer <= side {
		return image.Rect(0, 0, width, height)
	}
	return image.Rect(0, 0, max(width*side/longer, 1), max(height*side/longer, 1))
}

// onWhite returns a picture as opaque pixels, with white behind those that are not.
func onWhite(picture image.Image) *image.RGBA {
	if m, ok := picture.(*image.RGBA); ok && m.Rect.Min == (image.Point{}) && m.Opaque() {
		return m
	}
	bounds := picture.Bounds()
	out := image.NewRGBA(image.Rect(0, 0, bounds.Dx(), bounds.Dy()))
	if m, ok := picture.(*image.Paletted); ok {
		lookUp(out, m)
		return out
	}
	if !opaque(picture) {
		draw.Draw(out, out.Rect, image.White, image.Point{}, draw.Src)
	}
	draw.Draw(out, out.Rect, picture, bounds.Min, draw.Over)
	return out
}

// lookUp draws a picture with a palette, for which image/draw takes ten times as long.
func lookUp(out *image.RGBA, m *image.Paletted) {
	var colours [256]uint32
	for i, c := range m.Palette[:min(len(m.Palette), len(colours))] {
		one := image.NewRGBA(image.Rect(0, 0, 1, 1))
		draw.Draw(one, one.Rect, image.White, image.Point{}, draw.Src)
		draw.Draw(one, one.Rect, image.NewUniform(c), image.Point{}, draw.Over)
		colours[i] = binary.LittleEndian.Uint32(one.Pix)
	}
	for y := range out.Rect.Dy() {
		row := out.Pix[y*out.Stride:][:4*out.Rect.Dx()]
		for x, index := range m.Pix[y*m.Stride:][:out.Rect.Dx()] {
			binary.LittleEndian.PutUint32(row[4*x:], colours[index])
		}
	}
}

func opaque(picture image.Image) bool {
	p, ok := picture.(interface{ Opaque() bool })
	return ok && p.Opaque()
}

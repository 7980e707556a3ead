package imagefile

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"image/jpeg"
	"strings"

	_ "image/gif" // for image.Decode
	_ "image/png"

	scale "golang.org/x/image/draw"
	_ "golang.org/x/image/webp"
)

// ErrNoThumbnail is the error of a picture that cannot be made small: its header claims too
// many pixels, or its format is unknown, or it is damaged.
var ErrNoThumbnail = errors.New("no thumbnail")

// thumbnailQuality is the least at which a JPEG of this size shows no blocks in a plain sky.
const thumbnailQuality = 80

// Thumbnail returns the picture b as a JPEG with side pixels on its longer side, or with its
// own size if that is smaller. It reads PNG, JPEG, GIF (the first frame) and WebP; transparent
// pixels become white. It reads the header first, so that a decompression bomb costs nothing.
// If b cannot be decoded, or its decoder panics, it returns an [ErrNoThumbnail].
func Thumbnail(b []byte, side int) (small []byte, err error) {
	picture, err := decode(b)
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	err = jpeg.Encode(&out, shrunk(picture, side), &jpeg.Options{Quality: thumbnailQuality})
	return out.Bytes(), err
}

// Readable decodes a picture and returns what is wrong inside it, which [Inspect] does not see.
// It returns nil for unknown formats, and for more pixels than [Thumbnail] decodes.
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

// shrunk scales with CatmullRom, which averages over all pixels: faster kernels alias at a fifth.
func shrunk(picture image.Image, side int) image.Image {
	from := picture.Bounds()
	small := image.NewRGBA(fitted(from.Dx(), from.Dy(), side))
	if !opaque(picture) {
		draw.Draw(small, small.Bounds(), image.NewUniform(color.White), image.Point{}, draw.Src)
	}
	scale.CatmullRom.Scale(small, small.Bounds(), direct(picture), from, scale.Over, nil)
	return small
}

// fitted returns the size with at most side pixels on the longer side and at least 1 on the
// shorter one.
func fitted(width, height, side int) image.Rectangle {
	longer := max(width, height)
	if longer <= side {
		return image.Rect(0, 0, width, height)
	}
	return image.Rect(0, 0, max(width*side/longer, 1), max(height*side/longer, 1))
}

// direct returns the picture in a type for which the scaler has a fast path; in others it reads
// every pixel through an interface.
func direct(picture image.Image) image.Image {
	switch picture.(type) {
	case *image.RGBA, *image.NRGBA, *image.YCbCr, *image.Gray:
		return picture
	}
	plain := image.NewRGBA(picture.Bounds())
	draw.Draw(plain, plain.Bounds(), picture, plain.Bounds().Min, draw.Src)
	return plain
}

func opaque(picture image.Image) bool {
	p, ok := picture.(interface{ Opaque() bool })
	return ok && p.Opaque()
}

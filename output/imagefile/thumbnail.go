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

// ErrNoThumbnail says that a picture cannot be made small: its header claims more pixels than anything of
// ours decodes, or it is of no format that we know, or damaged. The picture itself is none the worse.
var ErrNoThumbnail = errors.New("no thumbnail")

// thumbnailQuality is where a JPEG of this size shows no blocks in a flat sky.
const thumbnailQuality = 80

// Thumbnail is the picture b as a JPEG whose longer side has side pixels, or as many as it has where it is
// smaller. It reads PNG, JPEG, GIF (its first frame) and WebP; what is transparent becomes white. The
// header is looked at first, so that a decompression bomb costs nothing, and a decoder that panics has met a picture that it
// cannot read. An error is an [ErrNoThumbnail].
func Thumbnail(b []byte, side int) (small []byte, err error) {
	picture, err := decode(b)
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	err = jpeg.Encode(&out, shrunk(picture, side), &jpeg.Options{Quality: thumbnailQuality})
	return out.Bytes(), err
}

// Readable inflates a picture and says what is wrong inside it, which [Inspect] does not see. It says nothing of
// formats that are not known here, and of more pixels than a thumbnail is made of, whatever the header claims.
func Readable(b []byte) error {
	config, _, err := image.DecodeConfig(bytes.NewReader(b))
	if errors.Is(err, image.ErrFormat) || err == nil && int64(config.Width)*int64(config.Height) > manyPixels {
		return nil
	}
	if _, err := decode(b); err != nil {
		return errors.New("it cannot be decoded" + strings.TrimPrefix(err.Error(), ErrNoThumbnail.Error()))
	}
	return nil
}

// decode is image.Decode, bounded.
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
	if pixels := int64(config.Width) * int64(config.Height); pixels == 0 || pixels > manyPixels {
		return nil, fmt.Errorf("%w: its header claims %d×%d pixels", ErrNoThumbnail, config.Width, config.Height)
	}
	picture, _, err = image.Decode(bytes.NewReader(b))
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrNoThumbnail, err)
	}
	return picture, nil
}

// shrunk scales by CatmullRom, which averages over what it leaves out: faster kernels alias at a fifth.
func shrunk(picture image.Image, side int) image.Image {
	from := picture.Bounds()
	small := image.NewRGBA(fitted(from.Dx(), from.Dy(), side))
	if !opaque(picture) {
		draw.Draw(small, small.Bounds(), image.NewUniform(color.White), image.Point{}, draw.Src)
	}
	scale.CatmullRom.Scale(small, small.Bounds(), direct(picture), from, scale.Over, nil)
	return small
}

// fitted is the size in which the longer side has at most side pixels, and the shorter one at least 1.
func fitted(width, height, side int) image.Rectangle {
	longer := max(width, height)
	if longer <= side {
		return image.Rect(0, 0, width, height)
	}
	return image.Rect(0, 0, max(width*side/longer, 1), max(height*side/longer, 1))
}

// direct is a picture of a type that the scaler has a fast path for; of others it asks every pixel through
// an interface.
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

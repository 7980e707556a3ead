package draw

import (
	"bytes"
	"image"
	"image/color"
	"image/png"
	"sync"
)

// blanks caches one blank picture a size. An entry never changes.
var blanks sync.Map // [2]int → []byte

// Blank returns a PNG of one colour with a tEXt chunk that holds text. The pixels of a size are
// encoded once.
func Blank(w, h int, text string) []byte {
	data, ok := blanks.Load([2]int{w, h})
	if !ok {
		data, _ = blanks.LoadOrStore([2]int{w, h}, encodeBlank(w, h))
	}
	return withText(data.([]byte), "Comment", text)
}

func encodeBlank(w, h int) []byte {
	m := image.NewPaletted(image.Rect(0, 0, w, h),
		color.Palette{color.Gray{0xcc}, color.Gray{0x33}})
	var b bytes.Buffer
	e := png.Encoder{CompressionLevel: png.BestCompression} // two colours are one bit a pixel
	if err := e.Encode(&b, m); err != nil {
		panic(err) // unreachable unless width or height is not positive
	}
	return b.Bytes()
}

// withText returns a PNG with a tEXt chunk after its header.
func withText(data []byte, keyword, text string) []byte {
	const head = 8 + 8 + 13 + 4 // signature; length and type, data and checksum of IHDR
	out := append(make([]byte, 0, len(data)+len(keyword)+len(text)+13), data[:head]...)
	out = appendChunk(out, "tEXt", append([]byte(keyword+"\x00"), text...))
	return append(out, data[head:]...)
}

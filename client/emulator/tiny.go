package emulator

import (
	"bytes"
	"image"
	"image/color"
	"image/png"
	"sync"
)

// tinyCache holds one tiny picture a size, made on first use: never changed afterwards, the same for every Server.
var tinyCache sync.Map // [2]int → []byte

// tinyPicture is a PNG of one colour with a text chunk, so that pictures of different tasks are different files.
func tinyPicture(w, h int, text string) []byte {
	data, ok := tinyCache.Load([2]int{w, h})
	if !ok {
		data, _ = tinyCache.LoadOrStore([2]int{w, h}, plainPicture(w, h))
	}
	return withText(data.([]byte), "Comment", text)
}

func plainPicture(w, h int) []byte {
	m := image.NewPaletted(image.Rect(0, 0, w, h), color.Palette{color.Gray{0xcc}, color.Gray{0x33}})
	var b bytes.Buffer
	e := png.Encoder{CompressionLevel: png.BestCompression} // two colours are one bit a pixel
	if err := e.Encode(&b, m); err != nil {
		panic(err) // unreachable unless the size is not a picture's, which check has seen to
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

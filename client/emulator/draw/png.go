package draw

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"hash/crc32"
	"image"
)

// encodePNG encodes a picture with a palette. It exists beside image/png because that leaves rows
// of palette indices unfiltered, which makes pictures of flat colours twice as large.
func encodePNG(m *image.Paletted) []byte {
	w, h := m.Rect.Dx(), m.Rect.Dy()
	head := binary.BigEndian.AppendUint32(nil, uint32(w))
	head = binary.BigEndian.AppendUint32(head, uint32(h))
	// 8 bits, palette, deflate, the usual filters, not interlaced
	head = append(head, 8, 3, 0, 0, 0)
	var palette []byte
	for _, c := range m.Palette {
		r, g, b, _ := c.RGBA()
		palette = append(palette, byte(r>>8), byte(g>>8), byte(b>>8))
	}
	out := []byte("\x89PNG\r\n\x1a\n")
	out = appendChunk(out, "IHDR", head)
	out = appendChunk(out, "PLTE", palette)
	out = appendChunk(out, "IDAT", deflated(m))
	return appendChunk(out, "IEND", nil)
}

// deflated returns the compressed rows, each as its difference to the row above (filter 2).
func deflated(m *image.Paletted) []byte {
	const up = 2
	w := m.Rect.Dx()
	var b bytes.Buffer
	z, err := zlib.NewWriterLevel(&b, zlib.BestSpeed)
	if err != nil {
		panic(err) // unreachable unless the level is invalid
	}
	above, line := make([]byte, w), make([]byte, w+1)
	line[0] = up
	for y := range m.Rect.Dy() {
		row := m.Pix[y*m.Stride : y*m.Stride+w]
		for x, p := range row {
			line[x+1] = p - above[x]
		}
		z.Write(line) // a Buffer takes everything
		above = row
	}
	z.Close()
	return b.Bytes()
}

// appendChunk appends a chunk of a PNG: length, type, data and checksum.
func appendChunk(out []byte, kind string, data []byte) []byte {
	out = binary.BigEndian.AppendUint32(out, uint32(len(data)))
	start := len(out)
	out = append(append(out, kind...), data...)
	return binary.BigEndian.AppendUint32(out, crc32.ChecksumIEEE(out[start:]))
}

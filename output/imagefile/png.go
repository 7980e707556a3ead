package imagefile

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"math"
)

// A PNG is a signature and chunks, each of length, type, data, and CRC-32 of type and data (W3C
// PNG, third edition, §5). Walking the chunks finds a single flipped bit from signature to
// IEND, and any cut.

const (
	pngSignature = "\x89PNG\r\n\x1a\n"
	pngStart     = pngSignature + "\x00\x00\x00\x0dIHDR"
	chunkFrame   = 12 // length, type and CRC
	ihdrSize     = 13
)

// resemblesPNG reports whether b is a PNG, possibly with cut or damaged first bytes: at least
// half of the first 16 bytes, which all PNGs share, are right. A damaged signature must not
// pass as a whole picture of an unknown format.
func resemblesPNG(b []byte) bool {
	n := min(len(b), len(pngStart))
	right := 0
	for i := range n {
		if b[i] == pngStart[i] {
			right++
		}
	}
	return right*2 >= n
}

func inspectPNG(b []byte) (Picture, error) {
	w, err := walkPNG(b)
	if err != nil {
		return Picture{}, err
	}
	switch {
	case w.width == 0 || w.height == 0:
		return Picture{}, damaged("a PNG whose header claims no size that there is")
	case !w.pixels:
		return Picture{}, damaged("a PNG without image data")
	}
	p := newPicture(b, ".png", w.width, w.height)
	if rest := len(b) - w.end; rest > 0 {
		p.warn("%d bytes follow the end of the picture", rest)
	}
	return p, nil
}

// walked is the result of a walk over the chunks of a PNG.
type walked struct {
	width, height int
	pixels        bool // there is an IDAT that is not empty
	end           int  // offset after IEND
}

func walkPNG(b []byte) (walked, error) {
	var w walked
	if !bytes.HasPrefix(b, []byte(pngSignature)) {
		return w, damaged("the signature of a PNG is broken")
	}
	for at := len(pngSignature); ; {
		c, err := chunkAt(b, at)
		if err != nil {
			return w, err
		}
		if first := at == len(pngSignature); first {
			if string(c.kind) != "IHDR" || len(c.data) != ihdrSize {
				return w, damaged("a PNG without a header")
			}
			w.width, w.height = pngSize(c.data)
		}
		at += chunkFrame + len(c.data)
		w.pixels = w.pixels || string(c.kind) == "IDAT" && len(c.data) > 0
		if string(c.kind) == "IEND" {
			w.end = at
			return w, nil
		}
	}
}

type chunk struct {
	kind, data []byte
}

// chunkAt returns the chunk of b at an offset and checks its checksum.
func chunkAt(b []byte, at int) (chunk, error) {
	rest := b[at:]
	if len(rest) < chunkFrame {
		return chunk{}, damaged("a PNG cut after %d bytes", len(b))
	}
	size := binary.BigEndian.Uint32(rest)
	if uint64(size) > uint64(len(rest)-chunkFrame) {
		return chunk{}, damaged("a PNG cut after %d bytes", len(b))
	}
	body := rest[4 : 8+size]
	if crc32.ChecksumIEEE(body) != binary.BigEndian.Uint32(rest[8+size:]) {
		kind := body[:4]
		return chunk{}, damaged("the checksum of the PNG chunk %q at byte %d is wrong", kind, at)
	}
	return chunk{kind: body[:4], data: body[4:]}, nil
}

// pngSize returns the size in an IHDR; 0 if it is not in the range of PNG (1 to 2³¹−1).
func pngSize(ihdr []byte) (width, height int) {
	w, h := binary.BigEndian.Uint32(ihdr), binary.BigEndian.Uint32(ihdr[4:])
	if w > math.MaxInt32 || h > math.MaxInt32 {
		return 0, 0
	}
	return int(w), int(h)
}

package imagefile

import "encoding/binary"

// webpHeader is how many bytes of a WebP hold its size, in each of its three forms.
const webpHeader = 30

// webpSize returns the size in the first chunk of a WebP (RFC 9649 §2.5–2.7); 0 if there is none.
func webpSize(b []byte) (width, height int) {
	if len(b) < webpHeader {
		return 0, 0
	}
	data := b[20:]
	switch string(b[12:16]) {
	case "VP8X": // canvas size less one, 24 bits each, behind 4 bytes of flags
		return 1 + uint24(data[4:]), 1 + uint24(data[7:])
	case "VP8L": // size less one, 14 bits each, behind the signature byte
		bits := binary.LittleEndian.Uint32(data[1:])
		return 1 + int(bits&0x3fff), 1 + int(bits>>14&0x3fff)
	case "VP8 ": // 14 bits each, behind the frame tag and the start code
		return int(binary.LittleEndian.Uint16(data[6:]) & 0x3fff),
			int(binary.LittleEndian.Uint16(data[8:]) & 0x3fff)
	}
	return 0, 0
}

func uint24(b []byte) int { return int(b[0]) | int(b[1])<<8 | int(b[2])<<16 }

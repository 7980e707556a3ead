package inputs

import (
	"bytes"
	"encoding/binary"
)

// orientation is the EXIF orientation of a JPEG, 2 to 8; 0 where it is upright or not told.
func orientation(head []byte) int {
	for at := 2; at+4 <= len(head) && head[at] == 0xff; {
		marker, length := head[at+1], int(binary.BigEndian.Uint16(head[at+2:]))
		if marker == 0xda || length < 2 || at+2+length > len(head) {
			return 0
		}
		segment := head[at+4 : at+2+length]
		if tiff, ok := bytes.CutPrefix(segment, []byte("Exif\x00\x00")); ok && marker == 0xe1 {
			return orientationTag(tiff)
		}
		at += 2 + length
	}
	return 0
}

// orientationTag looks tag 0x0112 up in the first directory of a TIFF.
func orientationTag(tiff []byte) int {
	var order binary.ByteOrder = binary.LittleEndian
	if bytes.HasPrefix(tiff, []byte("MM")) {
		order = binary.BigEndian
	}
	if len(tiff) < 8 {
		return 0
	}
	at := int64(order.Uint32(tiff[4:]))
	if at+2 > int64(len(tiff)) {
		return 0
	}
	count := int64(order.Uint16(tiff[at:]))
	for i := range count {
		tag := at + 2 + i*12
		if tag+12 > int64(len(tiff)) {
			return 0
		}
		if order.Uint16(tiff[tag:]) == 0x0112 {
			if value := int(order.Uint16(tiff[tag+8:])); value >= 2 && value <= 8 {
				return value
			}
			return 0
		}
	}
	return 0
}

package imagefile

import (
	"bytes"
	"encoding/binary"
)

// Cut reports whether a picture that [Inspect] takes for whole by its beginning has lost its end: a JPEG, GIF
// or WebP. It says false of other formats, and of a PNG, whose end Inspect has seen.
func Cut(b []byte, ext string) bool {
	switch ext {
	case ".jpg": // the mark of its end; bytes may follow, and a smaller picture at the beginning has one, too
		return bytes.LastIndex(b, []byte("\xff\xd9")) < len(b)/2
	case ".gif":
		return !bytes.HasSuffix(bytes.TrimRight(b, "\x00\r\n"), []byte(";"))
	case ".webp":
		return len(b) < 12 || uint64(binary.LittleEndian.Uint32(b[4:])) > uint64(len(b)-8)
	}
	return false
}

// KnownFormat reports whether what Inspect does not know is a picture of a format that programs for pictures
// write: TIFF, BMP, Photoshop, AVIF, HEIC, JPEG XL.
func KnownFormat(b []byte) bool {
	for _, start := range []string{"II*\x00", "MM\x00*", "BM", "8BPS", "\xff\x0a"} {
		if bytes.HasPrefix(b, []byte(start)) {
			return true
		}
	}
	return len(b) > 12 && (string(b[4:8]) == "ftyp" || string(b[4:8]) == "JXL ")
}

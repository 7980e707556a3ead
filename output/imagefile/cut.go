package imagefile

import (
	"bytes"
	"encoding/binary"
)

// Cut reports whether a JPEG, GIF or WebP, which [Inspect] judges by its beginning, lacks its
// end. It reports false for other formats, and for a PNG, which Inspect reads to its end.
func Cut(b []byte, ext string) bool {
	switch ext {
	case ".jpg": // the end marker; bytes may follow, and an embedded preview has one, too
		return bytes.LastIndex(b, []byte("\xff\xd9")) < len(b)/2
	case ".gif":
		return !bytes.HasSuffix(bytes.TrimRight(b, "\x00\r\n"), []byte(";"))
	case ".webp":
		return len(b) < 12 || uint64(binary.LittleEndian.Uint32(b[4:])) > uint64(len(b)-8)
	}
	return false
}

// KnownFormat reports whether b, whose format Inspect does not know, has a format that image
// editors write: TIFF, BMP, Photoshop, AVIF, HEIC, JPEG XL.
func KnownFormat(b []byte) bool {
	for _, start := range []string{"II*\x00", "MM\x00*", "BM", "8BPS", "\xff\x0a"} {
		if bytes.HasPrefix(b, []byte(start)) {
			return true
		}
	}
	return len(b) > 12 && (string(b[4:8]) == "ftyp" || string(b[4:8]) == "JXL ")
}

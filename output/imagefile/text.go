package imagefile

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"io"
	"slices"
	"strings"
)

// A Text is a keyword and its value in a PNG.
type Text struct {
	Keyword string // 1 to 79 printable ASCII characters
	Value   string
}

// Annotate returns the PNG b with texts in it, as uncompressed iTXt chunks (UTF-8; tEXt cannot
// hold Chinese) right after the header. The other bytes stay the same. If b is no PNG, or texts
// is empty, Annotate returns b. It uses the capacity of b if there is enough: the caller must
// not use b afterwards.
//
// A text with a keyword that PNG does not allow is left out. NUL characters are removed from
// values, and invalid UTF-8 is replaced.
func Annotate(b []byte, texts []Text) []byte {
	head := len(pngSignature) + chunkFrame + ihdrSize
	if len(b) < head || !bytes.HasPrefix(b, []byte(pngStart)) || len(texts) == 0 {
		return b
	}
	chunks := make([]byte, 0, textSize(texts))
	for _, t := range texts {
		if validKeyword(t.Keyword) {
			chunks = appendText(chunks, t)
		}
	}
	return slices.Insert(b, head, chunks...)
}

// textFrame is the length of an iTXt chunk without keyword and value: its frame, NUL, two bytes on
// compression, and the ends of two empty strings, for language and translated keyword.
const textFrame = chunkFrame + 5

func textSize(texts []Text) int {
	size := 0
	for _, t := range texts {
		size += textFrame + len(t.Keyword) + len(t.Value)
	}
	return size
}

// validKeyword is the rule of PNG (§11.3.3.2), narrowed from Latin-1 to ASCII, which is valid
// UTF-8.
func validKeyword(k string) bool {
	for i := range len(k) {
		if k[i] < ' ' || k[i] > '~' {
			return false
		}
	}
	return k != "" && len(k) <= 79 && strings.TrimSpace(k) == k && !strings.Contains(k, "  ")
}

func appendText(b []byte, t Text) []byte {
	value := strings.ReplaceAll(strings.ToValidUTF8(t.Value, "\uFFFD"), "\x00", "")
	b = binary.BigEndian.AppendUint32(b, uint32(len(t.Keyword)+5+len(value)))
	body := len(b)
	b = append(b, "iTXt"...)
	b = append(b, t.Keyword...)
	b = append(b, "\x00\x00\x00\x00\x00"...)
	b = append(b, value...)
	return binary.BigEndian.AppendUint32(b, crc32.ChecksumIEEE(b[body:]))
}

// headLimit is how many bytes Texts reads at most. Annotate puts texts into the first few KB.
const headLimit = 4 << 20

// Texts reads the texts of a PNG that are before its pixels, iTXt and tEXt, in their order. It
// reads up to the pixels and at most 4 MiB, and skips compressed texts, which Annotate does not
// write. If r is no PNG, or is cut or damaged before its pixels, Texts returns an [ErrDamaged].
func Texts(r io.Reader) ([]Text, error) {
	head := io.LimitReader(r, headLimit)
	signature := make([]byte, len(pngSignature))
	if _, err := io.ReadFull(head, signature); err != nil {
		return nil, headTrouble(err)
	}
	if string(signature) != pngSignature {
		return nil, damaged("no PNG")
	}
	var texts []Text
	for {
		c, err := readChunk(head)
		if err != nil {
			return nil, err
		}
		if string(c.kind) == "IDAT" || string(c.kind) == "IEND" {
			return texts, nil
		}
		if t, ok := textOf(c); ok {
			texts = append(texts, t)
		}
	}
}

// readChunk reads a chunk, but not the data of an IDAT, which may be long.
func readChunk(r io.Reader) (chunk, error) {
	var frame [8]byte
	if _, err := io.ReadFull(r, frame[:]); err != nil {
		return chunk{}, headTrouble(err)
	}
	size, kind := binary.BigEndian.Uint32(frame[:]), frame[4:]
	if string(kind) == "IDAT" {
		return chunk{kind: kind}, nil
	}
	// Not make(size): the size is only a claim until the bytes have been read.
	var body bytes.Buffer
	body.Write(kind)
	if _, err := io.CopyN(&body, r, int64(size)+4); err != nil {
		return chunk{}, headTrouble(err)
	}
	checksum := body.Bytes()[4+size:]
	if crc32.ChecksumIEEE(body.Bytes()[:4+size]) != binary.BigEndian.Uint32(checksum) {
		return chunk{}, damaged("the checksum of the PNG chunk %q is wrong", kind)
	}
	return chunk{kind: kind, data: body.Bytes()[4 : 4+size]}, nil
}

// headTrouble turns an early end into an [ErrDamaged] and returns other errors unchanged.
func headTrouble(err error) error {
	if err == io.EOF || err == io.ErrUnexpectedEOF {
		return damaged("no pixels in the first part of the PNG")
	}
	return err
}

func textOf(c chunk) (Text, bool) {
	keyword, rest, found := strings.Cut(string(c.data), "\x00")
	if !found {
		return Text{}, false
	}
	switch string(c.kind) {
	case "tEXt":
		return Text{Keyword: keyword, Value: fromLatin1(rest)}, true
	case "iTXt":
		return internationalText(keyword, rest)
	}
	return Text{}, false
}

// internationalText reads an iTXt after its keyword: compression flag, method, language NUL,
// translated keyword NUL, text.
func internationalText(keyword, rest string) (Text, bool) {
	if len(rest) < 2 || rest[0] != 0 {
		return Text{}, false
	}
	parts := strings.SplitN(rest[2:], "\x00", 3)
	if len(parts) < 3 {
		return Text{}, false
	}
	return Text{Keyword: keyword, Value: strings.ToValidUTF8(parts[2], "\uFFFD")}, true
}

func fromLatin1(s string) string {
	runes := make([]rune, len(s))
	for i := range len(s) {
		runes[i] = rune(s[i])
	}
	return string(runes)
}

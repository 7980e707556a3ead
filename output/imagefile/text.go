package imagefile

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"io"
	"slices"
	"strings"
)

// Text is a keyword and its value inside a PNG.
type Text struct {
	Keyword string // 1 to 79 printable ASCII characters
	Value   string
}

// Annotate is b with texts in it, as uncompressed iTXt chunks (UTF-8; tEXt holds no Chinese) right behind
// the header; everything else stays byte for byte. What is no PNG is returned as it is, and so is b
// where there are no texts. The texts are put into the array of b where that has room for them: b is of no use afterwards.
//
// A text with a keyword that PNG does not allow is left out; NUL characters and invalid UTF-8 leave its value.
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

// textFrame is what an iTXt chunk holds besides keyword and value: its frame, NUL, two bytes on
// compression, and two empty strings for language and translated keyword.
const textFrame = chunkFrame + 5

func textSize(texts []Text) int {
	size := 0
	for _, t := range texts {
		size += textFrame + len(t.Keyword) + len(t.Value)
	}
	return size
}

// validKeyword is PNG's rule (§11.3.3.2) narrowed from Latin-1 to ASCII, where it and UTF-8 are one.
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

// headLimit is how many bytes Texts reads at most. Ours lie in the first few KB.
const headLimit = 4 << 20

// Texts reads the texts of a PNG that lie before its pixels, iTXt and tEXt, in their order. It reads no
// further than that and at most 4 MiB; compressed texts are passed over, as ours are not. What is no
// PNG, or is cut or damaged before its pixels, is an [ErrDamaged].
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
	// Not make(size): the size is somebody's claim, the bytes are there or not.
	var body bytes.Buffer
	body.Write(kind)
	if _, err := io.CopyN(&body, r, int64(size)+4); err != nil {
		return chunk{}, headTrouble(err)
	}
	sum := body.Bytes()[4+size:]
	if crc32.ChecksumIEEE(body.Bytes()[:4+size]) != binary.BigEndian.Uint32(sum) {
		return chunk{}, damaged("the checksum of the PNG chunk %q is wrong", kind)
	}
	return chunk{kind: kind, data: body.Bytes()[4 : 4+size]}, nil
}

// headTrouble makes an early end damage and leaves the disk's own errors what they are.
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

// internationalText reads what follows the keyword of an iTXt: compressed or not, method, language NUL,
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

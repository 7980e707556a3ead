package state

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"hash/crc32"
	"io"
	"iter"
	"strconv"
)

// This file writes and reads single lines: what each has around its record, which [journal]
// describes.

// A span is where a line stands in the file, without its newline.
type span struct {
	offset int64
	length int
}

// seal adds the sequence number and the checksum to a record, which must marshal to a JSON
// object that is not empty.
func seal(seq int64, record any) ([]byte, error) {
	return sealInto(make([]byte, 0, usualLine), seq, record)
}

// sealInto is seal into an array that has had its use.
func sealInto(spare []byte, seq int64, record any) ([]byte, error) {
	line, err := appendRecord(appendSeq(spare[:0], seq), record)
	if err != nil {
		return nil, err
	}
	return appendSum(line), nil
}

// appendSeq begins a line.
func appendSeq(line []byte, seq int64) []byte {
	return strconv.AppendInt(append(line, `{"seq":`...), seq, 10)
}

// appendRecord appends a record's members to a line, each behind a comma.
func appendRecord(line []byte, record any) ([]byte, error) {
	b := bytes.NewBuffer(line)
	enc := json.NewEncoder(b)
	enc.SetEscapeHTML(false) // prompts stay readable
	if err := enc.Encode(record); err != nil {
		return nil, err
	}
	start := len(line)
	line = b.Bytes()
	line[start] = ',' // for the "{"
	return bytes.TrimSuffix(line, []byte("}\n")), nil
}

// appendSum ends a line, which has the array for itself.
func appendSum(line []byte) []byte {
	var sum [4]byte
	binary.BigEndian.PutUint32(sum[:], checksum(line))
	line = hex.AppendEncode(append(line, `,"sum":"`...), sum[:])
	return append(line, "\"}\n"...)
}

// inside is what stands in a line between its sequence number and its checksum: every member
// behind a comma.
func inside(line []byte) []byte {
	return line[bytes.IndexByte(line, ',') : len(line)-sumLength]
}

const (
	sumLength = len(`,"sum":"89abcdef"}`)
	usualLine = 1 << 10
	maxLine   = 1 << 20 // a record is below 20 KB
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

func checksum(b []byte) uint32 { return crc32.Checksum(b, castagnoli) }

// sealed reports whether a line's checksum fits, and its sequence number.
func sealed(line []byte) (seq int64, ok bool) {
	n := len(line) - sumLength
	if n < 0 {
		return 0, false
	}
	var sum, digits [8]byte
	hex.Encode(digits[:], binary.BigEndian.AppendUint32(sum[:0], checksum(line[:n])))
	end := line[n:]
	if string(end[:8]) != `,"sum":"` || string(end[8:16]) != string(digits[:]) ||
		string(end[16:]) != `"}` {
		return 0, false
	}
	number, _, _ := bytes.Cut(bytes.TrimPrefix(line, []byte(`{"seq":`)), []byte(","))
	seq, err := strconv.ParseInt(string(number), 10, 64)
	return seq, err == nil
}

// members is what stands in a line behind its sequence number.
func members(line []byte) []byte {
	_, behind, _ := bytes.Cut(line, []byte(","))
	return behind
}

// A fileLine is a line as it stands in a state file.
type fileLine struct {
	number int    // from 1
	text   []byte // without its newline; valid until the next line is read
	seq    int64
	damage error // what is wrong with it, nil for nothing
	torn   bool  // it is the last and has no newline: a write that is under way, or that was cut
}

var (
	errLong     = errors.New("it is longer than any record")
	errChecksum = errors.New("its checksum does not fit")
)

// fileLines yields the lines of a state file, damaged ones too. An error is of the disk and the
// last.
func fileLines(r io.Reader) iter.Seq2[fileLine, error] {
	return func(yield func(fileLine, error) bool) {
		in := bufio.NewReaderSize(r, maxLine)
		for n := 1; ; n++ {
			l, err := nextLine(in)
			if errors.Is(err, io.EOF) {
				return
			}
			l.number = n
			if !yield(l, err) || err != nil {
				return
			}
		}
	}
}

// nextLine reads the next line, or a piece of one that is longer than any record.
func nextLine(in *bufio.Reader) (l fileLine, err error) {
	text, err := in.ReadSlice('\n')
	switch {
	case errors.Is(err, bufio.ErrBufferFull):
		return fileLine{text: text, damage: errLong}, nil
	case errors.Is(err, io.EOF) && len(text) > 0:
		return fileLine{text: text, torn: true}, nil
	case err != nil:
		return l, err
	}
	l.text = text[:len(text)-1]
	whole := false
	if l.seq, whole = sealed(l.text); !whole {
		l.damage = errChecksum
	}
	return l, nil
}

// cutShort reports whether a tail can be the beginning of a record. A record's end can only be
// followed by a newline, so a tail with a whole record in front was not cut: a bit of its
// newline is wrong. Zeros are what some file systems leave of a write whose length was kept and
// whose bytes were lost.
func cutShort(tail []byte) bool {
	tail = bytes.TrimRight(tail, "\x00")
	end := bytes.LastIndex(tail, []byte(`"}`))
	if end < 0 {
		return true
	}
	_, whole := sealed(tail[:end+2])
	return !whole
}

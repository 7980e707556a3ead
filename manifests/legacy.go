package manifests

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"github.com/qwenbatch/qwenbatch/manifests/charset"
	"github.com/qwenbatch/qwenbatch/manifests/spool"

	"golang.org/x/text/transform"
)

// sampleBytes is how much of a text is looked at to tell its encoding: lines that have other
// than ASCII characters in them.
const sampleBytes = 16 << 10

// legacy decodes a copy that is not UTF-8 from the likeliest encoding in which it is well formed.
func (c copier) legacy(raw *spool.File) (*textCopy, error) {
	defer raw.Close()
	readings := charset.Rank(oddLines(raw.From(0)))
	for i, r := range readings {
		if r.Strange {
			continue
		}
		made, seen, err := c.copy(transform.NewReader(raw.From(0), r.Encoding.NewDecoder()))
		if err != nil {
			return nil, err
		}
		if seen.replaced < 0 {
			others := append(readings[:i:i], readings[i+1:]...)
			return &textCopy{text: made, encoding: r.Name, detected: true,
				guess: guessed(r, others), was: formerly(r, others)}, nil
		}
		made.Close()
	}
	return nil, c.unknown(raw, readings)
}

// unknown says that no encoding fits, and what the file looks like in those that it may be in.
func (c copier) unknown(raw *spool.File, readings []charset.Reading) error {
	at := positionAt(c.path, raw, firstOdd(raw.From(0)))
	err := single(at, "", "the character here is not valid UTF-8, and no other encoding fits")
	hint := "say which it is: --encoding " + strings.Join(charset.Names()[3:8], ", ") + ", …"
	for _, r := range readings[:min(len(readings), 3)] {
		hint += fmt.Sprintf("; %s reads %s", r.Name, quoteAll(charset.Odd(r.Text, 2)))
	}
	err.Errors[0].Hint = hint
	return err
}

// guessed is what to say of a reading: nothing where it is Chinese beyond doubt.
func guessed(r charset.Reading, others []charset.Reading) string {
	if charset.Certain(append([]charset.Reading{r}, others...)) {
		return ""
	}
	text := fmt.Sprintf("read as %s: %s; if that is wrong: ", r.Name,
		quoteAll(charset.Odd(r.Text, 3)))
	var flags []string
	for _, o := range others {
		switch {
		case o.Name == charset.GB18030: // as earlier versions have read it
			flags = append([]string{"--encoding " + o.Name}, flags...)
		case !o.Strange:
			flags = append(flags, "--encoding "+o.Name)
		}
	}
	flags = flags[:min(len(flags), 2)]
	if len(flags) == 0 {
		flags = []string{"--encoding NAME"}
	}
	return text + strings.Join(flags, " or ")
}

// formerly is what an earlier version, which took for GB18030 what can be that, has read in
// place of a text; nil where it read the same or refused the file.
func formerly(r charset.Reading, others []charset.Reading) func(string) string {
	for _, o := range others {
		if o.Name == charset.GB18030 {
			return func(text string) string {
				b, err := r.Encoding.NewEncoder().Bytes([]byte(text))
				if err != nil {
					return text // unreachable unless an encoding cannot write what it has read
				}
				was, _ := o.Encoding.NewDecoder().Bytes(b)
				cleaned, _ := cleanText(string(was))
				return cleaned
			}
		}
	}
	return nil
}

// oddLines are the first lines that have bytes in them which are no ASCII.
func oddLines(from io.Reader) (sample []byte) {
	r := bufio.NewReaderSize(from, sampleBytes)
	for len(sample) < sampleBytes {
		line, err := r.ReadSlice('\n')
		if bytes.ContainsFunc(line, func(r rune) bool { return r >= utf8.RuneSelf }) {
			if errors.Is(err, bufio.ErrBufferFull) { // a character may be cut at its end
				line = line[:bytes.LastIndexAny(line, " ,;\"\t")+1]
			}
			sample = append(sample, line...)
		}
		if err != nil && !errors.Is(err, bufio.ErrBufferFull) {
			break
		}
	}
	return sample
}

// firstOdd is where the first byte stands that is no ASCII.
func firstOdd(from io.Reader) (offset int64) {
	r := bufio.NewReader(from)
	for b, err := r.ReadByte(); err == nil && b < utf8.RuneSelf; b, err = r.ReadByte() {
		offset++
	}
	return offset
}

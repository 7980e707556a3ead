package charset

import (
	"cmp"
	"slices"
	"strings"
	"unicode/utf8"
)

// A Reading is a text as one encoding gives it.
type Reading struct {
	Charset
	Text string
	Bits float64 // what it takes to say the text; less is likelier
	// Strange says that nobody writes so: its characters stand where none of theirs do.
	Strange bool
}

// Rank decodes a text in all encodings that it may be in and returns the readings, the likeliest
// first. Those that give the same text as a likelier one are left out, as are those in which
// the text is malformed. The text should have whole lines.
func Rank(text []byte) (readings []Reading) {
	for _, c := range charsets {
		if c.languages == nil {
			continue
		}
		decoded, err := c.Encoding.NewDecoder().Bytes(text)
		if err != nil || strings.ContainsRune(string(decoded), utf8.RuneError) {
			continue
		}
		sum := leastCost(string(decoded), c.languages)
		readings = append(readings, Reading{c, string(decoded), sum.bits, sum.strange()})
	}
	slices.SortStableFunc(readings, func(a, b Reading) int { return cmp.Compare(a.Bits, b.Bits) })
	kept := readings[:0]
	for _, r := range readings {
		if !slices.ContainsFunc(kept, func(k Reading) bool { return k.Text == r.Text }) {
			kept = append(kept, r)
		}
	}
	return kept
}

// leastCost is what a text costs in the language that fits it best.
func leastCost(text string, languages []language) (least cost) {
	for i, l := range languages {
		if c := l.cost(text); i == 0 || c.bits < least.bits {
			least = c
		}
	}
	return least
}

// sureBits is by how much Chinese must be likelier than anything else to be certain.
const sureBits = 14

// Certain reports whether the first of ranked readings needs no word: it is GB18030, by far. All
// others are guesses.
func Certain(ranked []Reading) bool {
	return ranked[0].Name == GB18030 &&
		(len(ranked) == 1 || ranked[1].Bits-ranked[0].Bits >= sureBits)
}

// Odd are the first words of a text that have other than ASCII characters in them, at most so
// many.
func Odd(text string, most int) (words []string) {
	for _, word := range strings.FieldsFunc(text, func(r rune) bool {
		return strings.ContainsRune(" \t\r\n,;\"", r)
	}) {
		if len(words) == most {
			break
		}
		if word = shortened(word); isOdd(word) && !slices.Contains(words, word) {
			words = append(words, word)
		}
	}
	return words
}

func isOdd(word string) bool {
	return strings.ContainsFunc(word, func(r rune) bool { return r >= utf8.RuneSelf })
}

// shortened is a word of at most 12 characters, as a line of Chinese is one.
func shortened(word string) string {
	if r := []rune(word); len(r) > 12 {
		return string(r[:12]) + "…"
	}
	return word
}

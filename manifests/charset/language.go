package charset

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// A language tells what its characters cost in bits.
type language struct {
	// letters are those beside ASCII: cost for each of them in its place
	letters string
	// char is the cost of a character that is no letter of an alphabet; nil for alphabets
	char func(r rune) float64
	// final are the letters that stand at the end of a word only
	final string
	// prior is what it costs that a text is in this language, where few are
	prior float64
	// spaced says that blanks stand between words
	spaced bool
}

// Costs in bits. They are coarse on purpose: what decides is how many characters are out of
// place, not how frequent one letter is.
const (
	letter     = 6  // a letter of the alphabet beside another one
	capital    = 9  // at the beginning of a word
	alone      = 10 // a letter with no other beside it
	misplaced  = 15 // a capital in a word, a letter of another language
	sign       = 9  // a quotation mark, a dash, a degree
	strange    = 17 // what nobody writes
	ascii      = 5
	blank      = 3
	glued      = 5 // more, for a Han character beside a Latin letter
	splitWords = 4 // more, for a blank between characters of a script without blanks
)

// A cost is what a text takes to say.
type cost struct {
	bits    float64
	oddBits float64 // of them for characters beyond ASCII
	odd     int     // how many there are
}

// strange reports whether the characters beyond ASCII are mostly out of place.
func (c cost) strange() bool { return c.odd > 0 && c.oddBits/float64(c.odd) >= 14 }

// cost is what a text takes to say in the language.
func (l language) cost(text string) (sum cost) {
	sum.bits = l.prior
	before, at := ' ', ' '
	for _, after := range text + " " {
		bits := l.alphabetic
		if l.char != nil {
			bits = l.ideograph
		}
		b := bits(before, at, after)
		sum.bits += b
		if at >= utf8.RuneSelf {
			sum.odd++
			sum.oddBits += b
		}
		before, at = at, after
	}
	return sum
}

// alphabetic is the cost of a character in a language with an alphabet.
func (l language) alphabetic(before, at, after rune) float64 {
	switch {
	case at < utf8.RuneSelf:
		return plain(at)
	case strings.ContainsRune(signs, at):
		if unicode.IsLetter(before) && unicode.IsLetter(after) && at != '’' {
			return strange
		}
		return sign
	case !unicode.IsLetter(at):
		return strange
	case !strings.ContainsRune(l.letters, unicode.ToLower(at)):
		return misplaced
	case unicode.IsLower(before) && unicode.IsUpper(at):
		return misplaced
	case unicode.IsUpper(at) && unicode.IsLetter(before) && unicode.IsLetter(after) &&
		unicode.IsLower(after):
		return misplaced
	case unicode.IsLetter(after) && strings.ContainsRune(l.final, unicode.ToLower(at)):
		return misplaced
	case l.foreign() && (isLatin(before) || isLatin(after)):
		return misplaced // two scripts in a word
	case !l.fits(before) && !l.fits(after):
		return alone
	case unicode.IsUpper(at):
		return capital
	}
	return letter
}

// fits reports whether a neighbour is a letter that this language has.
func (l language) fits(r rune) bool {
	if l.foreign() {
		return strings.ContainsRune(l.letters, unicode.ToLower(r))
	}
	return r < utf8.RuneSelf && unicode.IsLetter(r) ||
		strings.ContainsRune(l.letters, unicode.ToLower(r))
}

func isLatin(r rune) bool { return unicode.Is(unicode.Latin, r) }

// foreign reports whether the script is another than the Latin one.
func (l language) foreign() bool {
	first, _ := utf8.DecodeRuneInString(l.letters)
	return !unicode.Is(unicode.Latin, first)
}

// signs are those that people type in any language of an alphabet.
const signs = "‘’“”„‚«»‹›–—…•°²³€£§©®™×½¼¾¿¡º´·№\u00a0"

// ideograph is the cost of a character in Chinese, Japanese or Korean.
func (l language) ideograph(before, at, after rune) float64 {
	switch {
	case at == ' ':
		if !l.spaced && isWide(before) && isWide(after) {
			return blank + splitWords
		}
		return blank
	case at < utf8.RuneSelf:
		return plain(at)
	}
	bits := l.char(at)
	for _, r := range []rune{before, after} {
		if r < utf8.RuneSelf && unicode.IsLetter(r) {
			bits += glued
		}
	}
	return bits
}

func isWide(r rune) bool { return r >= 0x2e80 }

func plain(r rune) float64 {
	if r == ' ' {
		return blank
	}
	return ascii
}

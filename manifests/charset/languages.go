package charset

import (
	"slices"
	"strings"
	"unicode"
)

// western are languages of windows-1252.
var western = []language{
	{letters: "äöüß"},
	{letters: "éèêëàâçîïôûùüœæ", final: "àù"},
	{letters: "áéíóúñüªº"},
	{letters: "ãõáâàéêíóôúüçªº"},
	{letters: "àèéìòóù", final: "àèéìòóù"},
	{letters: "åäöæøéèáíóúýðþ"},
	{letters: "ëïéèöüóêáç"},
}

// rarely are languages in an encoding that few save any more.
func rarely(languages []language) []language {
	rare := slices.Clone(languages)
	for i := range rare {
		rare[i].prior += 6
	}
	return rare
}

// central are languages of windows-1250.
var central = []language{
	{letters: "ąćęłńóśźż", prior: 2},
	{letters: "áčďéěíňóřšťúůýžäôľĺŕ", prior: 2},
	{letters: "áéíóöőúüű", prior: 2},
	{letters: "ăâîşţșț", prior: 2},
	{letters: "čćđšž", prior: 2},
}

var turkish = []language{{letters: "çğıiöşüâî", prior: 2}}

var greek = []language{{letters: "αβγδεζηθικλμνξοπρσςτυφχψωάέήίόύώϊϋΐΰ", prior: 2}}

var cyrillic = []language{
	{letters: "абвгдеёжзийклмнопрстуфхцчшщъыьэюя"},
	{letters: "абвгґдеєжзиіїйклмнопрстуфхцчшщьюя", prior: 3},
	{letters: "абвгдђежзијклљмнњопрстћуфхцчџш", prior: 3},
}

var (
	simplified    = []language{{char: han(isFrequent(frequentSimplified), gb2312Level)}}
	traditional   = []language{{char: han(isFrequent(frequentTraditional), big5Level), prior: 4}}
	japaneseWords = []language{{char: kana, prior: 4}}
	koreanWords   = []language{{char: hangul, spaced: true, prior: 4}}
)

func isFrequent(list string) func(rune) bool {
	set := map[rune]bool{}
	for _, r := range list {
		set[r] = true
	}
	return func(r rune) bool { return set[r] }
}

// wideSigns are the punctuation of Chinese and Japanese.
const wideSigns = "，。、；：！？（）《》「」『』【】“”‘’…—·　％～"

// han is the cost of characters in Chinese. Rarity tells how rare a Han character is: 0 for what
// schools teach.
func han(frequent func(rune) bool, rarity func(rune) int) func(rune) float64 {
	return func(r rune) float64 {
		switch {
		case strings.ContainsRune(wideSigns, r):
			return 7
		case frequent(r):
			return 8.5
		case unicode.Is(unicode.Han, r):
			return []float64{12, 16, 21}[rarity(r)]
		case 0xff01 <= r && r <= 0xff5e:
			return 12
		case unicode.In(r, unicode.Co, unicode.Cn, unicode.Cc):
			return 25
		case unicode.IsLetter(r):
			return 16 // Greek, Cyrillic and kana, which both tables have
		}
		return 14
	}
}

// kana is the cost of characters in Japanese.
func kana(r rune) float64 {
	switch {
	case strings.ContainsRune(wideSigns+"ー", r):
		return 7
	case 0xff61 <= r && r <= 0xff9f: // half width
		return 13
	case unicode.Is(unicode.Hiragana, r):
		return 6
	case unicode.Is(unicode.Katakana, r):
		return 7.5
	case isFrequentJapanese(r):
		return 9
	case unicode.Is(unicode.Han, r):
		return []float64{12, 16, 21}[jisLevel(r)]
	case unicode.In(r, unicode.Co, unicode.Cn, unicode.Cc):
		return 25
	case unicode.IsLetter(r):
		return 15
	}
	return 14
}

// hangul is the cost of characters in Korean.
func hangul(r rune) float64 {
	switch {
	case isFrequentKorean(r):
		return 7.5
	case unicode.Is(unicode.Hangul, r):
		return []float64{10.5, 17}[kscLevel(r)]
	case unicode.Is(unicode.Han, r):
		return 17
	case strings.ContainsRune(wideSigns, r):
		return 10
	case unicode.In(r, unicode.Co, unicode.Cn, unicode.Cc):
		return 25
	}
	return 16
}

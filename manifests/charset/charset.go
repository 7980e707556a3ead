// Package charset tells in which character encoding a text is that is not UTF-8, and decodes
// the encodings that spreadsheets save.
//
// Rank decodes a text in each of them and counts how many bits the result would take to say for
// somebody who writes one of the languages of that encoding: frequent characters are cheap, rare
// ones, scripts that change within a word and capitals inside of it are dear. The cheapest is
// the likeliest, and the distance to the next tells how sure that is. A text of a few words is
// enough where general detectors want a page; the table of TestShortSheets compares them.
package charset

import (
	"slices"
	"strings"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/japanese"
	"golang.org/x/text/encoding/korean"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/traditionalchinese"
	"golang.org/x/text/encoding/unicode"
)

// A Charset is an encoding by its name.
type Charset struct {
	Name     string
	Encoding encoding.Encoding // nil for UTF-8, which needs no decoding
	// other names; those of a part of the encoding too, as gbk is of gb18030
	aliases []string
	// of those who write in it; nil where it is never guessed
	languages []language
}

// GB18030 is what Chinese Windows saves: GBK and GB2312 are parts of it.
const GB18030 = "gb18030"

// charsets are all that are known. In a tie the first is taken.
var charsets = []Charset{
	{Name: "utf-8", aliases: []string{"utf8", "unicode"}},
	{Name: "utf-16le", Encoding: unicode.UTF16(unicode.LittleEndian, unicode.IgnoreBOM),
		aliases: []string{"utf16le", "utf16"}},
	{Name: "utf-16be", Encoding: unicode.UTF16(unicode.BigEndian, unicode.IgnoreBOM),
		aliases: []string{"utf16be"}},
	{Name: GB18030, Encoding: simplifiedchinese.GB18030, languages: simplified,
		aliases: []string{"gbk", "gb2312", "cp936", "windows936", "euccn", "ms936"}},
	{Name: "windows-1252", Encoding: charmap.Windows1252, languages: western,
		aliases: []string{"cp1252", "1252", "ansi", "latin1", "iso88591", "iso885915", "l1"}},
	{Name: "big5", Encoding: traditionalchinese.Big5, languages: traditional,
		aliases: []string{"cp950", "big5hkscs", "windows950", "ms950"}},
	{Name: "shift_jis", Encoding: japanese.ShiftJIS, languages: japaneseWords,
		aliases: []string{"shiftjis", "sjis", "cp932", "windows31j", "ms932", "windows932", "mskanji"}},
	{Name: "euc-kr", Encoding: korean.EUCKR, languages: koreanWords,
		aliases: []string{"euckr", "cp949", "uhc", "ksc5601", "ms949", "windows949", "korean"}},
	{Name: "euc-jp", Encoding: japanese.EUCJP, languages: japaneseWords,
		aliases: []string{"eucjp", "ujis"}},
	{Name: "iso-2022-jp", Encoding: japanese.ISO2022JP, aliases: []string{"iso2022jp", "jis"}},
	{Name: "windows-1251", Encoding: charmap.Windows1251, languages: cyrillic,
		aliases: []string{"cp1251", "1251"}},
	{Name: "windows-1250", Encoding: charmap.Windows1250, languages: central,
		aliases: []string{"cp1250", "1250", "latin2"}},
	{Name: "windows-1254", Encoding: charmap.Windows1254, languages: turkish,
		aliases: []string{"cp1254", "1254", "latin5", "iso88599"}},
	{Name: "windows-1253", Encoding: charmap.Windows1253, languages: greek,
		aliases: []string{"cp1253", "1253"}},
	{Name: "koi8-r", Encoding: charmap.KOI8R, languages: cyrillic, aliases: []string{"koi8r"}},
	{Name: "iso-8859-2", Encoding: charmap.ISO8859_2, languages: central,
		aliases: []string{"iso88592"}},
	{Name: "macintosh", Encoding: charmap.Macintosh, languages: rarely(western),
		aliases: []string{"macroman", "mac", "xmacroman"}},
	{Name: "windows-1257", Encoding: charmap.Windows1257,
		aliases: []string{"cp1257", "1257"}},
	{Name: "windows-1258", Encoding: charmap.Windows1258,
		aliases: []string{"cp1258", "1258"}},
	{Name: "windows-1255", Encoding: charmap.Windows1255,
		aliases: []string{"cp1255", "1255"}},
	{Name: "windows-1256", Encoding: charmap.Windows1256,
		aliases: []string{"cp1256", "1256"}},
	{Name: "windows-874", Encoding: charmap.Windows874,
		aliases: []string{"cp874", "tis620"}},
	{Name: "ibm850", Encoding: charmap.CodePage850,
		aliases: []string{"cp850", "850", "dos"}},
	{Name: "ibm437", Encoding: charmap.CodePage437,
		aliases: []string{"cp437", "437", "oem"}},
}

// Named is the encoding of a name, as people and programs write it.
func Named(name string) (Charset, bool) {
	asked := plainName(name)
	i := slices.IndexFunc(charsets, func(c Charset) bool {
		return plainName(c.Name) == asked || slices.Contains(c.aliases, asked)
	})
	if i < 0 {
		return Charset{}, false
	}
	return charsets[i], true
}

// plainName is a name in lower case without signs.
func plainName(name string) string {
	return strings.Map(func(r rune) rune {
		if strings.ContainsRune("-_ .:", r) {
			return -1
		}
		return r
	}, strings.ToLower(name))
}

// Names are the names of all encodings.
func Names() (names []string) {
	for _, c := range charsets {
		names = append(names, c.Name)
	}
	return names
}

package manifests

import (
	"os"
	"strings"
	"testing"
	"unicode"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/traditionalchinese"
	utf "golang.org/x/text/encoding/unicode"
)

const chineseSheet = "提示词,尺寸\n一只猫坐在窗台上,16:9\n"

func encoded(t *testing.T, e encoding.Encoding, text string) string {
	t.Helper()
	out, err := e.NewEncoder().String(text)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// H13: the encodings in which spreadsheets save.
func TestH13Encodings(t *testing.T) {
	gb := encoded(t, simplifiedchinese.GB18030, chineseSheet)
	little := utf.UTF16(utf.LittleEndian, utf.UseBOM)
	for _, c := range []struct{ name, text, asked, want string }{
		{"UTF-8", chineseSheet, "", "utf-8"},
		{"UTF-8 with mark", "\ufeff" + chineseSheet, "", "utf-8"},
		{"GB18030", gb, "", "gb18030"},
		{"GBK by name", gb, "GBK", "gbk"},
		{"UTF-16 little", encoded(t, little, chineseSheet), "", "utf-16le"},
		{"UTF-16 big", encoded(t, utf.UTF16(utf.BigEndian, utf.UseBOM), chineseSheet), "", "utf-16be"},
		{"UTF-16 without mark, by name", encoded(t, utf.UTF16(utf.LittleEndian, utf.IgnoreBOM), chineseSheet), "utf-16le", "utf-16le"},
		{"the mark wins over the name", encoded(t, little, chineseSheet), "gbk", "utf-16le"},
		{"Big5 by name", encoded(t, traditionalchinese.Big5, "prompt,尺寸\n一只猫坐在窗台上,16:9\n"), "big5", "big5"},
	} {
		m, err := load(t, "a.csv", c.text, Options{Encoding: c.asked})
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		if got, want := showAll(t, m), `2 prompt="一只猫坐在窗台上" size=16:9`; got != want || m.Encoding() != c.want {
			t.Errorf("%s: read as %s: %s, want %s: %s", c.name, m.Encoding(), got, c.want, want)
		}
	}
}

func TestH13EncodingMistakes(t *testing.T) {
	gbk := encoded(t, simplifiedchinese.GBK, "id,prompt\n1,一只猫\n")
	const mostly = "prompt\n一只猫坐在窗台上，看着外面的雨\n一只\xff狗\n"
	for _, c := range []struct{ name, text, asked, want string }{
		{"GBK that is valid UTF-8", gbk, "", "a.csv:2:3: the character here may be UTF-8 or GBK, and reads better as GBK; say which with --encoding utf-8 or --encoding gbk"},
		{"a broken character", mostly, "", "a.csv:3:3: the character here is not valid UTF-8, although most of the file is: mend it, or name the encoding with --encoding"},
		{"UTF-8 by name that is not", "prompt\n\xb0\xa1\n", "utf-8", "a.csv:2:1: the character here is not valid UTF-8; name the encoding with --encoding, as --encoding gb18030"},
		{"neither", "prompt\nab\xff\n", "", "a.csv:2:3: the character here is not valid UTF-8, and no other encoding fits"},
		{"UTF-16 without mark", "p\x00r\x00", "", "a.csv:1:2: the character here is a NUL character; if the file is UTF-16, say so with --encoding utf-16le"},
		{"cut off", "prompt\n一只猫\xe4\xb8", "", "a.csv:2:4: the character here is not valid UTF-8, although most of the file is: mend it, or name the encoding with --encoding"},
		{"GBK by name that is not", "prompt\na\xff\n", "gbk", "a.csv:2:2: the character here is not valid gbk; name the encoding with --encoding"},
	} {
		if got := mistakes(t, "a.csv", c.text, Options{Encoding: c.asked}); got != c.want {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
	}
	if m, err := load(t, "a.csv", gbk, Options{Encoding: "gbk"}); err != nil || all(t, m)[0].Prompt != "一只猫" {
		t.Errorf("GBK by name: %v", err)
	}
}

// The guard against GBK in disguise must not stop people who write other scripts, nor sizes with ×.
func TestTwoByteTextIsLetThrough(t *testing.T) {
	for _, prompt := range []string{
		"a cat in a café", "naïve déjà vu à la carte", "cafe\u0301", "Ein Mädchen mit Körbchen über der Straße", "кот сидит на окне", "γάτα στο παράθυρο",
		"חתול על החלון", "قطة على النافذة", "1328×1328", "20 °C outside", "£5 note", "© 2025 café",
	} {
		m, err := load(t, "a.csv", "prompt\n"+prompt+"\n", Options{})
		if err != nil {
			t.Errorf("%s: %v", prompt, err)
		} else if got := all(t, m)[0].Prompt; got != prompt || m.Encoding() != "utf-8" {
			t.Errorf("%s is read as %s: %s", prompt, m.Encoding(), got)
		}
	}
}

// Every sequence of two bytes that is UTF-8 is a Han character in GBK, so that decoding cannot tell them apart.
func TestTwoByteUTF8IsHanInGBK(t *testing.T) {
	for lead := 0xc2; lead <= 0xdf; lead++ {
		for trail := 0x80; trail <= 0xbf; trail++ {
			text, err := simplifiedchinese.GB18030.NewDecoder().String(string([]byte{byte(lead), byte(trail)}))
			if r := []rune(text); err != nil || len(r) != 1 || !unicode.Is(unicode.Han, r[0]) {
				t.Fatalf("%x %x is %q in GBK", lead, trail, text)
			}
		}
	}
}

// Below a YAML manifest the encoding of the sheet is said, and corrected, there; what an earlier version read finds its picture.
func TestGuessedEncodingBelowYAML(t *testing.T) {
	if _, err := load(t, "a.yaml", "rows: b.csv\n", Options{}); err == nil {
		t.Fatal("b.csv is not there yet")
	}
	text := encoded(t, charmap.Windows1252, "prompt\nSchöne Straße in München\n")
	if err := os.WriteFile("b.csv", []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	m, err := Open("a.yaml", Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	if got := toldOf(t, m); !strings.HasPrefix(got, `b.csv: read as windows-1252: "Schöne", "Straße", "München"; if that is wrong: encoding: gb18030`) {
		t.Errorf("told is %s", got)
	}
	want := (&Item{Prompt: "Sch鰊e Stra遝 in M黱chen"}).Fingerprint()
	if got, other := all(t, m)[0].EarlierFingerprint(); !other || got != want || !m.Detected() || !m.ReadIn("cp1252") {
		t.Errorf("the earlier reading is %x, %t, want %x", got, other, want)
	}
}

// ISO-2022-JP is ASCII by its bytes and would be paid for as it stands.
func TestISO2022JP(t *testing.T) {
	const text = "prompt\n\x1b$BM<>F$1\x1b(B\n"
	if got, want := mistakes(t, "a.csv", text, Options{}), "a.csv:2:1: the character here begins "+
		"text in ISO-2022-JP; say so with --encoding iso-2022-jp"; got != want {
		t.Errorf("%s\nwant\n%s", got, want)
	}
	m, err := load(t, "a.csv", text, Options{Encoding: "iso-2022-jp"})
	if err != nil {
		t.Fatal(err)
	}
	if got, want := showAll(t, m), "2 prompt=\"夕焼け\""; got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

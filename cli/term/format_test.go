package term

import (
	"strings"
	"testing"
	"time"
	"unicode"
)

func TestSpan(t *testing.T) {
	for d, want := range map[time.Duration]string{
		0:                           "1 s",
		900 * time.Millisecond:      "1 s",
		12*time.Second + 400e6:      "12 s",
		59*time.Second + 600e6:      "1 min",
		72 * time.Second:            "1 min 12 s",
		392 * time.Second:           "6 min 32 s",
		599*time.Second + 900e6:     "10 min",
		27*time.Minute + 5e9:        "27 min",
		59*time.Minute + 40e9:       "1 h",
		218 * time.Minute:           "3 h 38 min",
		24*time.Hour - 10e9:         "1 d",
		49*time.Hour + 10*time.Hour: "2 d 11 h",
	} {
		if got := Span(d); got != want {
			t.Errorf("span(%v) = %q, want %q", d, got, want)
		}
	}
}

func TestNumber(t *testing.T) {
	for n, want := range map[int]string{0: "0", 999: "999", 1632: "1,632", 1000000: "1,000,000", -12: "-12", -1200: "-1,200", -123: "-123"} {
		if got := Number(n); got != want {
			t.Errorf("number(%d) = %q, want %q", n, got, want)
		}
	}
}

func TestShellQuote(t *testing.T) {
	for arg, want := range map[string]string{
		"prompts.csv": "prompts.csv", "16:9": "16:9", "": "''", "a b": "'a b'", "it's": `'it'\''s'`, "猫.csv": "猫.csv",
		"1328*1328": "'1328*1328'", "$HOME": "'$HOME'", "--model": "--model",
	} {
		if got := ShellQuote(arg); got != want {
			t.Errorf("shellQuote(%q) = %s, want %s", arg, got, want)
		}
	}
}

func TestFold(t *testing.T) {
	got := Fold("一只 猫 on a mat", 12, "猫: ", "    ")
	if want := "猫: 一只 猫\n    on a mat"; got != want {
		t.Errorf("fold = %q, want %q", got, want)
	}
}

// FuzzPlain is failure mode H9: nothing that can move a cursor, ring a bell or turn the
// direction of writing gets through.
func FuzzPlain(f *testing.F) {
	f.Add("a \x1b[2J cat\x9b31m\u202e\ufeff")
	f.Add("\xff\xfe\r\n\t\x00\u009b")
	f.Fuzz(func(t *testing.T, s string) {
		for _, r := range Plain(s) {
			if r != '\n' && (unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r)) {
				t.Fatalf("plain(%q) holds %q", s, r)
			}
		}
		if strings.Contains(Line(s), "\n") {
			t.Fatalf("line(%q) has several", s)
		}
		if w := Width(Short(s, 20)); w > 20 {
			t.Fatalf("short(%q, 20) takes %d columns", s, w)
		}
	})
}

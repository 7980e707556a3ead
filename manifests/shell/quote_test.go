package shell

import "testing"

func TestQuote(t *testing.T) {
	for _, c := range []struct{ arg, posix, windows string }{
		{"prompts.csv", "prompts.csv", "prompts.csv"},
		{"提示词=a", "提示词=a", "提示词=a"},
		{"", "''", `""`},
		{"prompt=a photo of a bench", "'prompt=a photo of a bench'", `"prompt=a photo of a bench"`},
		{"it's", `'it'\''s'`, `"it's"`},
		{`a "quoted" one`, `'a "quoted" one'`, `'a "quoted" one'`},
		{"$HOME and it's", `'$HOME and it'\''s'`, `'$HOME and it''s'`},
		{`C:\sheets\a.csv`, `'C:\sheets\a.csv'`, `C:\sheets\a.csv`},
		{"a,b", "a,b", `"a,b"`},
		{"two\nlines", "'two\nlines'", "\"two\nlines\""},
	} {
		if got := posix(c.arg); got != c.posix {
			t.Errorf("posix(%q) = %s, want %s", c.arg, got, c.posix)
		}
		if got := windows(c.arg); got != c.windows {
			t.Errorf("windows(%q) = %s, want %s", c.arg, got, c.windows)
		}
	}
}

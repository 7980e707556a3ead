package main_test

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestReadmesAgree holds README.zh.md to README.md. The words are its own; what a reader types, what the command prints,
// the sections, the flags and the links are the same. TestReadme in cli runs those of README.md.
func TestReadmesAgree(t *testing.T) {
	english, chinese := readme(t, "README.md"), readme(t, "README.zh.md")
	english = strings.Replace(english, "](README.zh.md)", "](README.md)", 1) // each links to the other
	chinese = strings.Replace(chinese, "](docs/report.zh.png)", "](docs/report.png)", 1)
	for _, same := range []struct {
		what    string
		pattern string
		ordered bool
	}{
		{"sections", "(?m)^#+ ", true},
		{"transcripts", "(?ms)^```(?:console|cron|powershell|bat)\n.*?^```$", true},
		{"exit codes", `(?m)^\| \d+\b`, true},
		{"flags", `--[a-z][a-z-]+`, false},
		{"links", `\]\([^)]+\)`, false},
	} {
		find := regexp.MustCompile(same.pattern).FindAllString
		en, zh := find(english, -1), find(chinese, -1)
		if !same.ordered {
			en, zh = set(en), set(zh)
		}
		if diff := cmp.Diff(en, zh); len(en) == 0 || diff != "" {
			t.Errorf("%s of README.md (-) and README.zh.md (+) differ:\n%s", same.what, diff)
		}
	}
}

func readme(t *testing.T, name string) string {
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func set(words []string) []string { return slices.Compact(slices.Sorted(slices.Values(words))) }

package cli

import (
	"bytes"
	"regexp"
	"slices"
	"strings"
	"testing"
)

func helpOf(t *testing.T, args ...string) string {
	t.Helper()
	var out bytes.Buffer
	if code := Main(args, strings.NewReader(""), &out, &out); code != 0 {
		t.Fatalf("qwenbatch %q = %d\n%s", args, code, out.String())
	}
	return out.String()
}

// The help of run fits on a screen, and each word that it calls often is a flag.
func TestHelpFitsAScreen(t *testing.T) {
	if lines := strings.Count(helpOf(t, "run", "--help"), "\n"); lines > 40 {
		t.Errorf("run --help has %d lines, want at most 40", lines)
	}
	p := programOf(nil, nil, nil, nil)
	for _, cmd := range p.root().Commands() {
		for _, name := range p.often[cmd] {
			if cmd.Flags().Lookup(name) == nil {
				t.Errorf("%s has no flag --%s, which its help calls often used", cmd.Name(), name)
			}
		}
	}
}

// The codes of help exit-codes are those of docs/cli.md.
func TestExitCodesAreDocumented(t *testing.T) {
	_, table, _ := strings.Cut(fileText(t, "../docs/cli.md"), "## Exit codes")
	table, _, _ = strings.Cut(table, "\n## ")
	var want []string
	for _, m := range regexp.MustCompile(`(?m)^\| ([\d, ]+) \|`).FindAllStringSubmatch(table, -1) {
		want = append(want, strings.Split(m[1], ", ")...)
	}
	got := regexp.MustCompile(`\b(?:0|1|2|3|4|75|129|130|143)\b`).FindAllString(helpOf(t, "help", "exit-codes"), -1)
	for _, code := range want {
		if !slices.Contains(got, code) {
			t.Errorf("help exit-codes lacks %s", code)
		}
	}
}

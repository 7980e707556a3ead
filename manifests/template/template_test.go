package template

import (
	"strings"
	"testing"
)

// FuzzTemplate: whatever stands in a template, it is done soon, gives no more than it may, and does not panic.
func FuzzTemplate(f *testing.F) {
	for _, seed := range []string{
		"a {{.a}}", `{{index . "b c"}}`, `{{with .a}}{{.}}{{else}}{{$.a}}{{end}}`, `{{$x := .a}}{{$x = printf "%s%s" $x $x}}{{$x}}`, `{{join "," .a .b}}`,
		`{{replace "" "aaaaaaaaaaaaaaaa" .a}}`, `{{if and (eq .a "x") (not .b)}}x{{end}}`, "{{- /* x */ -}}", "{{range .a}}", `{{printf "%999d" 1}}`, "{{.a | default `b` | upper}}",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		p, err := Parse(text)
		if err != nil {
			return
		}
		vars := map[string]string{}
		p.Check(func(name string) error { vars[name] = "Some " + name; return nil })
		if got, _ := p.Render(vars); len(got) > maxRendered {
			t.Fatalf("%d bytes come of %q", len(got), text)
		}
	})
}

// Templates that grow are stopped.
func TestTemplatesAreBounded(t *testing.T) {
	for _, text := range []string{
		"{{$x := .a}}" + strings.Repeat(`{{$x = print $x $x}}`, 60), "{{$x := .a}}" + strings.Repeat(`{{$x = printf "%s%s" $x $x}}`, 60), "{{$x := .a}}" + strings.Repeat(`{{$x = join $x $x $x}}`, 60),
		"{{$x := .a}}" + strings.Repeat(`{{$x = $x | replace "x" "xx"}}`, 60), strings.Repeat(`{{printf "%999d" 1}}`, 100), `{{printf "%1000d" 1}}`, `{{printf "%*d" 1000000 1}}`,
	} {
		p, err := Parse(text)
		if err != nil {
			t.Fatalf("%.60s: %v", text, err)
		}
		if got, err := p.Render(map[string]string{"a": "x"}); err == nil {
			t.Errorf("%.60s gives %d bytes", text, len(got))
		}
	}
	if _, err := Parse(strings.Repeat("a", maxText) + "{{.a}}"); err == nil {
		t.Error("a text of 16 KiB is read")
	}
}

package cli

import (
	"bytes"
	"io"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"golang.org/x/time/rate"

	"github.com/qwenbatch/qwenbatch/cli/term"
)

// newProgram is a program with an environment of its own.
func newProgram(env map[string]string) (*program, *bytes.Buffer) {
	var stderr bytes.Buffer
	return &program{stdin: strings.NewReader(""), stdout: io.Discard, stderr: &stderr, groups: map[*cobra.Command][]group{}, often: map[*cobra.Command][]string{},
		env: func(name string) (string, bool) { v, ok := env[name]; return v, ok }}, &stderr
}

// commands are all of them, with their flags.
func allCommands(t *testing.T, env map[string]string) map[string]*cobra.Command {
	t.Helper()
	p, _ := newProgram(env)
	all := map[string]*cobra.Command{}
	for _, c := range p.root().Commands() {
		all[c.Name()] = c
	}
	return all
}

// TestFlagsFromEnvironment sets every flag of run from its variable.
func TestFlagsFromEnvironment(t *testing.T) {
	values := map[string]string{
		"NAME": "x", "DIR": "x", "FILE": "x", "URL": "https://h/api/v1", "ID": "w", "SIZE": "1:1", "TEXT": "x", "N": "7", "X": "3", "AMOUNT": "12.50",
		"bool": "true", "duration": "9s", "N/s|N/m": "3/s", "FIELD=HEADER": "prompt=描述", "ID,…": "cat", "TEMPLATE": "{{.slug}}", "CMD": "true", "JSON": "[1]", "FOLDER": "/",
	}
	p, _ := newProgram(nil)
	root := p.root()
	cmd, _, err := root.Find([]string{"run"})
	if err != nil {
		t.Fatal(err)
	}
	env := map[string]string{}
	cmd.Flags().VisitAll(func(f *pflag.Flag) {
		value := values[f.Value.Type()]
		if c, ok := f.Value.(choiceFlag); ok {
			value = c.among[len(c.among)-1]
		}
		if value == "" {
			t.Fatalf("--%s takes %q, for which this test has no value", f.Name, f.Value.Type())
		}
		env[variable(f.Name)] = value
	})
	p.env = func(name string) (string, bool) { v, ok := env[name]; return v, ok }
	if err := p.bind(cmd.Flags()); err != nil {
		t.Fatal(err)
	}
	cmd.Flags().VisitAll(func(f *pflag.Flag) {
		if got := f.Value.String(); got != env[variable(f.Name)] {
			t.Errorf("--%s = %q from the environment, want %q", f.Name, got, env[variable(f.Name)])
		}
		if givenOnCommandLine(cmd.Flags(), f.Name) {
			t.Errorf("--%s counts as said on the command line", f.Name)
		}
	})
}

// TestEveryFlagIsExplained: a line for a person who never saw the code.
func TestEveryFlagIsExplained(t *testing.T) {
	for name, cmd := range allCommands(t, nil) {
		cmd.Flags().VisitAll(func(f *pflag.Flag) {
			if len(f.Usage) < 15 {
				t.Errorf("%s --%s: %q explains nothing", name, f.Name, f.Usage)
			}
		})
		var help bytes.Buffer
		cmd.SetOut(&help)
		if err := cmd.Help(); err != nil {
			t.Fatal(err)
		}
		for text := range strings.Lines(help.String()) {
			if term.Width(strings.TrimRight(text, "\n")) > term.ScreenWidth {
				t.Errorf("%s --help: wider than %d columns: %s", name, term.ScreenWidth, text)
			}
		}
	}
}

func TestPace(t *testing.T) {
	for text, want := range map[string]rate.Limit{"2/s": 2, "8/m": 8. / 60, "120/min": 2, "0": rate.Inf, "0/s": rate.Inf, "0.5/s": 0.5} {
		var p rateFlag
		if err := p.Set(text); err != nil || p.limit != want {
			t.Errorf("Set(%q) = %v, %v; want %v", text, p.limit, err, want)
		}
	}
	for _, text := range []string{"", "2", "-1/s", "fast", "2/fortnight", "NaN/s"} {
		var p rateFlag
		if err := p.Set(text); err == nil {
			t.Errorf("Set(%q) = %v, want an error", text, p.limit)
		}
	}
}

// TestSettle: a flag wins over our variables, those over the vendor's.
func TestSettle(t *testing.T) {
	const elsewhere = "https://example.com/api/v1"
	for _, tt := range []struct {
		name         string
		env          map[string]string
		args         []string
		base, region string
	}{
		{"nothing said", nil, nil, "https://dashscope.aliyuncs.com/api/v1", "beijing"},
		{"region", nil, []string{"--region", "singapore"}, "https://dashscope-intl.aliyuncs.com/api/v1", "singapore"},
		{"vendor's base", map[string]string{"DASHSCOPE_HTTP_BASE_URL": "https://dashscope-intl.aliyuncs.com/api/v1/"}, nil, "https://dashscope-intl.aliyuncs.com/api/v1", "singapore"},
		{"region over vendor's base", map[string]string{"DASHSCOPE_HTTP_BASE_URL": elsewhere, "QWENBATCH_REGION": "singapore"}, nil, "https://dashscope-intl.aliyuncs.com/api/v1", "singapore"},
		{"flag over our base", map[string]string{"QWENBATCH_BASE_URL": elsewhere}, []string{"--region", "singapore"}, "https://dashscope-intl.aliyuncs.com/api/v1", "singapore"},
		{"base with a region's prices", nil, []string{"--base-url", elsewhere, "--region", "singapore"}, elsewhere, "singapore"},
		{"workspace host", map[string]string{"DASHSCOPE_WORKSPACE_ID": "ws1"}, []string{"--region", "tokyo"}, "https://ws1.ap-northeast-1.maas.aliyuncs.com/api/v1", "tokyo"},
		{"rehearsal", map[string]string{"DASHSCOPE_HTTP_BASE_URL": elsewhere}, []string{"--rehearse"}, rehearsalURL, "beijing"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p, _ := newProgram(tt.env)
			s := newServiceFlags()
			cmd := &cobra.Command{Use: "run"}
			g := s.serviceGroup()
			s.rehearseFlags(g)
			p.flags(cmd, g)
			if err := cmd.ParseFlags(tt.args); err != nil {
				t.Fatal(err)
			}
			if err := p.bind(cmd.Flags()); err != nil {
				t.Fatal(err)
			}
			got, err := s.settle(p, cmd.Flags(), nil)
			if err != nil || got.BaseURL != tt.base || got.Region != tt.region {
				t.Errorf("settle = %s %s, %v; want %s %s", got.BaseURL, got.Region, err, tt.base, tt.region)
			}
		})
	}
}

package cli

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/qwenbatch/qwenbatch/cli/term"
)

// A configRecord is what plan --show-config --json prints: every flag of run.
type configRecord struct {
	jsonStamp
	Files []configFileRecord `json:"files"` // of defaults, the strongest first
	Flags []configFlagRecord `json:"flags"`
}

type configFileRecord struct {
	Path  string `json:"path"`
	Found bool   `json:"found"`
}

type configFlagRecord struct {
	Flag  string `json:"flag"`
	Value string `json:"value"`
	From  string `json:"from"` // command line, a variable, file:line or default
}

// showConfig prints what each flag of run is for a manifest, and who says so. A plan has given some
// of them.
func showConfig(p *program, plan *cobra.Command, manifest string, asJSON bool) error {
	run, _, err := plan.Root().Find([]string{"run"})
	if err != nil {
		return err // unreachable unless there is no run
	}
	if err := giveTyped(run.Flags(), plan.Flags()); err != nil {
		return err
	}
	if err := p.bind(run.Flags()); err != nil {
		return err
	}
	files, err := takeDefaults(run, p.groups[run], manifest)
	if err != nil {
		return err
	}
	r := configRecord{jsonStamp: stamp, Files: []configFileRecord{},
		Flags: configFlags(p, run, manifest)}
	for _, f := range files {
		r.Files = append(r.Files, configFileRecord{f.path, f.found})
	}
	if asJSON {
		return term.WriteJSON(p.stdout, r)
	}
	r.print(p.stdout)
	return nil
}

// giveTyped says for run what was typed for plan.
func giveTyped(run, plan *pflag.FlagSet) (err error) {
	plan.Visit(func(f *pflag.Flag) {
		to := run.Lookup(f.Name)
		if to == nil || !givenOnCommandLine(plan, f.Name) || err != nil {
			return
		}
		err = run.Set(f.Name, f.Value.String())
	})
	return err
}

// configFlags lists the flags of run, and the variables of others that count where no flag does.
func configFlags(p *program, run *cobra.Command, manifest string) []configFlagRecord {
	var all []configFlagRecord
	rehearsal := run.Flags().Lookup("rehearse").Value.String() == "true"
	vendors := map[string]string{"base-url": "DASHSCOPE_HTTP_BASE_URL",
		"workspace": "DASHSCOPE_WORKSPACE_ID"}
	for _, g := range p.groups[run] {
		g.flags.VisitAll(func(f *pflag.Flag) {
			value, from := f.Value.String(), sourceOf(f)
			theirs, _ := p.env(vendors[f.Name])
			switch {
			case theirs != "" && !isSaid(run.Flags(), f.Name) &&
				(f.Name != "base-url" || !isSaid(run.Flags(), "region")):
				value, from = theirs, vendors[f.Name]
			case f.Name == "out" && value == "":
				value = folderOf("", manifest, rehearsal)
			case !f.Changed && slices.Contains([]string{"", "0", "0s"}, value):
				value = defaultText(f)
			}
			all = append(all, configFlagRecord{f.Name, value, from})
		})
	}
	key := configFlagRecord{Flag: "(key)", From: "nowhere"}
	if file := run.Flags().Lookup("api-key-file"); isSaid(run.Flags(), file.Name) {
		key.From = "api-key-file"
	} else if secret, _ := p.env("DASHSCOPE_API_KEY"); secret != "" {
		key.From = "DASHSCOPE_API_KEY"
	} else if file.Changed {
		key.From = "api-key-file"
	}
	if rehearsal {
		key.From = "a rehearsal wants none"
	}
	return append(all, key)
}

// defaultText is what the help says of a default that is no value.
func defaultText(f *pflag.Flag) string {
	_, text, said := strings.Cut(f.Usage, "(default ")
	if end := strings.LastIndex(text, ")"); said && end >= 0 {
		return text[:end]
	}
	return f.Value.String()
}

// print prints what somebody has said first: most flags have their defaults.
func (r configRecord) print(w io.Writer) {
	t := &term.Table{Heads: []string{"FLAG", "VALUE", "FROM"}, Left: []int{1, 2}, Cut: 1,
		Whole: !term.IsTerminal(w)}
	for _, said := range []bool{true, false} {
		for _, f := range r.Flags {
			if said == (f.From != "default") {
				t.Add(f.Flag, term.Line(f.Value), f.From)
			}
		}
	}
	t.Print(w)
	fmt.Fprintln(w)
	for _, f := range r.Files {
		verdict := "is not there"
		if f.Found {
			verdict = "was read"
		}
		fmt.Fprintf(w, "%s %s\n", term.Plain(f.Path), verdict)
	}
	fmt.Fprintln(w, "The command line wins, then the environment, then these files in their order.")
}

package cli

import (
	"slices"
	"strings"

	"github.com/qwenbatch/qwenbatch/manifests/spell"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// flags gives a command its flags. Each also reads the environment, before the command runs.
func (p *program) flags(cmd *cobra.Command, groups ...group) {
	for _, g := range groups {
		g.flags.SortFlags = false
		cmd.Flags().AddFlagSet(g.flags)
	}
	p.groups[cmd] = groups
	cmd.PreRunE = func(cmd *cobra.Command, args []string) error {
		p.nameUnknownVariables(cmd.Root())
		if err := p.bind(cmd.Flags()); err != nil {
			return err
		}
		return bindFiles(p, cmd, args)
	}
}

// nameUnknownVariables warns of variables that look like a flag's and are of no command's flag:
// a misspelt QWENBATCH_BUDGET bounds nothing.
func (p *program) nameUnknownVariables(root *cobra.Command) {
	if p.environ == nil {
		return
	}
	var known []string
	for _, name := range allFlags(root) {
		known = append(known, variable(name))
	}
	for _, entry := range p.environ() {
		name, value, _ := strings.Cut(entry, "=")
		if value == "" || !strings.HasPrefix(name, variablePrefix) || slices.Contains(known, name) {
			continue
		}
		text := "the variable " + name + " is of no flag"
		if near := spell.Nearest(name, known); near != "" {
			text += "; did you mean " + near + "?"
		}
		p.warn(text)
	}
}

// bind sets every flag that was not given from its variable. An empty variable is none.
func (p *program) bind(flags *pflag.FlagSet) error {
	var wrong error
	flags.VisitAll(func(f *pflag.Flag) {
		value, set := p.env(variable(f.Name))
		if f.Changed || !set || value == "" || f.Name == "help" || wrong != nil {
			return
		}
		if err := flags.Set(f.Name, value); err != nil {
			wrong = wrongValue("environment variable "+variable(f.Name), value, err)
		}
		flags.SetAnnotation(f.Name, fromEnvironment, nil)
	})
	return wrong
}

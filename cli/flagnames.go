package cli

import (
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// flagNames are the names of the flags of a set.
func flagNames(flags *pflag.FlagSet) []string {
	var names []string
	flags.VisitAll(func(f *pflag.Flag) { names = append(names, f.Name) })
	return names
}

// allFlags are the names of the flags of all commands.
func allFlags(root *cobra.Command) []string {
	names := flagNames(root.Flags())
	for _, c := range root.Commands() {
		names = append(names, allFlags(c)...)
	}
	return names
}

const variablePrefix = "QWENBATCH_"

// variable is the name under which the environment gives a flag.
func variable(flag string) string {
	return variablePrefix + strings.ToUpper(strings.ReplaceAll(flag, "-", "_"))
}

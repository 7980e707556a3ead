// Package cli is the command qwenbatch: it reads flags and the environment, prints, and picks exit codes. No other
// package does any of these.
//
// stdout carries results (plan, status, models, the records of --progress json), stderr everything else. The names of
// commands, flags and exit codes are promises to scripts, listed in docs/cli.md; they are added to and never changed.
package cli

import (
	"context"
	"errors"
	"io"
	"os"
	"strings"

	"github.com/qwenbatch/qwenbatch/cli/term"
	"github.com/qwenbatch/qwenbatch/manifests/spell"

	"github.com/spf13/cobra"
)

// Main runs the command with the given arguments, without the program's name, and returns its exit code. It reads the
// environment and, while a batch runs, catches signals; a second one ends the process.
func Main(args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	p := &program{args: args, stdin: stdin, stdout: stdout, stderr: stderr, env: os.LookupEnv, groups: map[*cobra.Command][]group{}}
	root := p.root()
	root.SetArgs(args)
	root.SetIn(stdin)
	root.SetOut(stdout)
	root.SetErr(stderr)
	cmd, err := root.ExecuteContextC(context.Background())
	if err != nil && cmd == root && len(args) > 0 && !strings.HasPrefix(args[0], "-") {
		err = p.noCommand(root, args[0])
	}
	return p.report(err)
}

func (p *program) root() *cobra.Command {
	root := &cobra.Command{
		Use:   "qwenbatch",
		Short: "Turn a sheet of prompts into Qwen-Image pictures",
		Long: `Turn a sheet of prompts (XLSX, CSV, TSV, YAML or JSON lines) into Qwen-Image pictures and
a report. A run that stops anywhere is finished by the same command, and no
picture is paid twice.`,
		Example: `  qwenbatch init                            write a starter prompts.yaml
  qwenbatch run prompts.yaml --rehearse     try it: no key, no cost
  qwenbatch plan prompts.yaml               what it would cost and how long it takes
  qwenbatch run prompts.yaml                make the pictures`,
		SilenceErrors: true,
		SilenceUsage:  true,
	}
	root.DisableSuggestions = true // noCommand makes them
	root.SetHelpFunc(p.help)
	root.SetUsageFunc(func(cmd *cobra.Command) error { p.help(cmd, nil); return nil })
	root.SetFlagErrorFunc(flagMistake)
	root.AddCommand(runCommand(p), planCommand(p), statusCommand(p), reportCommand(p), modelsCommand(p), initCommand(p),
		generateCommand(p), tasksCommand(p), resolveCommand(p), auditCommand(p), doctorCommand(p), schemaCommand(p), emulateCommand(p), versionCommand(p))
	root.CompletionOptions.SetDefaultShellCompDirective(cobra.ShellCompDirectiveNoFileComp)
	return root
}

// noCommand is the mistake of a command that does not exist.
func (p *program) noCommand(root *cobra.Command, typed string) error {
	var names []string
	for _, c := range root.Commands() {
		if c.IsAvailableCommand() {
			names = append(names, c.Name())
		}
	}
	m := &mistake{text: "there is no command " + term.Quote(typed), hint: "qwenbatch help lists the commands"}
	if near := spell.Nearest(typed, names); near != "" {
		m.hint = "did you mean qwenbatch " + near + "?"
	} else if isManifest(typed) {
		m.hint = "to run it: qwenbatch run " + term.ShellQuote(typed)
	}
	return m
}

// report prints an error and returns the exit code.
func (p *program) report(err error) int {
	if err == nil {
		return 0
	}
	var code exitCode
	if errors.As(err, &code) {
		return int(code)
	}
	if stop := (stopSignal{}); errors.As(err, &stop) {
		return int(stop.code()) // whoever sent it knows
	}
	c := explain(err)
	p.complain(c)
	return int(c.code)
}

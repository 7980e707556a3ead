// Package cli is the command qwenbatch. It alone reads flags and the environment, catches
// signals and picks exit codes; what it prints goes through package term.
//
// Main builds the root command, which knows every command, and nothing but the tests knows the
// root. A command is a file with a function of a program, the streams and the environment of
// one call: it declares its flags, opens what it needs and prints. Groups of flags that several
// commands share (manifestFlags, serviceFlags, limitFlags, reportFlags) are structs which a
// command embeds. There are two ways to a batch: a job opens it for run, with the output folder
// locked for as long as the run lasts; a savedBatch opens it for the commands that look at it,
// on a disk that refuses changes except of reports. Only resolve locks the folder and changes
// the state file of a savedBatch.
//
// stdout carries results (plan, status, models, the records of --progress json), stderr
// everything else. An error becomes a text, a hint and an exit code in explain; a mistake is an
// error whose text and hint were written where it was found. The first SIGINT, SIGTERM or
// SIGHUP cancels the context of run, generate and emulate, the second ends the process,
// which is safe at every moment since the batch keeps its state file durable by itself. The
// package keeps no state of its own on disk.
//
// The names of commands, flags and exit codes are promises to scripts, listed in docs/cli.md.
// They are added to and never changed.
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

// Main runs the command with the given arguments, without the program's name, and returns its
// exit code. It reads the environment and, while a batch runs, catches signals; a second one
// ends the process.
func Main(args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	args, all := asksForAll(args)
	p := programOf(args, stdin, stdout, stderr)
	p.allFlags = all
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

// Command returns the root command with all of its subcommands, for programs that make manual
// pages and completions of it.
func Command() *cobra.Command { return programOf(nil, nil, io.Discard, io.Discard).root() }

func programOf(args []string, stdin io.Reader, stdout, stderr io.Writer) *program {
	return &program{args: args, stdin: stdin, stdout: stdout, stderr: stderr, env: os.LookupEnv, environ: os.Environ,
		groups: map[*cobra.Command][]group{}, often: map[*cobra.Command][]string{}}
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
		Version:       version(),
		SilenceErrors: true,
		SilenceUsage:  true,
	}
	root.Flags().Bool("version", false, "print the version") // without cobra's -v
	root.SetVersionTemplate(versionLine() + "\n")
	root.DisableSuggestions = true // noCommand makes them
	root.SetHelpFunc(p.help)
	root.SetUsageFunc(func(cmd *cobra.Command) error { p.help(cmd, nil); return nil })
	root.SetFlagErrorFunc(flagMistake)
	root.AddCommand(runCommand(p), planCommand(p), statusCommand(p), reportCommand(p),
		viewCommand(p), pickCommand(p),
		modelsCommand(p), initCommand(p), generateCommand(p), tasksCommand(p), resolveCommand(p),
		auditCommand(p), doctorCommand(p), schemaCommand(p), emulateCommand(p), versionCommand(p))
	offerValues(p)
	root.AddCommand(topics()...)
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
	m := &mistake{text: "there is no command " + term.Quote(typed),
		hint: "qwenbatch help lists the commands"}
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

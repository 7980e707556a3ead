package cli

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/qwenbatch/qwenbatch/batch"
	"github.com/qwenbatch/qwenbatch/cli/term"
	"github.com/qwenbatch/qwenbatch/client"
	"github.com/qwenbatch/qwenbatch/manifests"
)

func initCommand(p *program) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "init [FILE]",
		Short: "Write a starter manifest: .yaml, .csv or .xlsx",
		Long: `Write a small manifest to start from: prompts.yaml with comments, or the FILE
that is named: .yaml, .csv (which Excel opens), or .xlsx with lists to choose
models and sizes from. A file that is there is left alone.`,
		Example: `  qwenbatch init
  qwenbatch init shop.csv`,
		Args: atMost(1),
	}
	p.flags(cmd)
	cmd.RunE = func(_ *cobra.Command, args []string) error {
		name := "prompts.yaml"
		if len(args) > 0 {
			name = args[0]
		}
		return p.init(name)
	}
	return cmd
}

func (p *program) init(name string) error {
	content, err := starter(name)
	if err != nil {
		return err
	}
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if errors.Is(err, fs.ErrExist) {
		return &mistake{text: term.Quote(name) + " is there already; it was left alone",
			hint: "give another name: qwenbatch init FILE"}
	}
	if err != nil {
		return &mistake{text: err.Error()}
	}
	_, err = f.Write(content)
	if err := errors.Join(err, f.Close()); err != nil {
		return err
	}
	arg := term.ShellQuote(name)
	fmt.Fprintf(
		p.stderr,
		"wrote %s. Next:\n  qwenbatch run %s --rehearse   (free, no key)\n  qwenbatch plan %s   "+
			"          (what it costs)\n", term.Plain(name), arg, arg)
	return nil
}

// starter is the content for a kind of file.
func starter(name string) ([]byte, error) {
	ext := strings.ToLower(filepath.Ext(name))
	if !slices.Contains(manifests.StarterKinds(), ext) {
		return nil, &mistake{text: term.Quote(name) + ": init writes " +
			term.OrList(manifests.StarterKinds()), hint: "qwenbatch init prompts.yaml, or prompts.xlsx"}
	}
	return manifests.Starter(ext, manifests.Choices{Models: startModels()})
}

// startModels are what a starter offers: the default first, then the others that make pictures
// from text, without their dated names.
func startModels() []string {
	names := []string{batch.DefaultModel}
	for _, m := range client.Models() {
		if strings.HasPrefix(m.Name, "qwen-image") && !m.EditOnly &&
			!strings.Contains(m.Name, "-2025-") && !strings.Contains(m.Name, "-2026-") &&
			m.Name != batch.DefaultModel {
			names = append(names, m.Name)
		}
	}
	return names
}

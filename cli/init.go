package cli

import (
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"
)

// starters are the manifests that init writes; the CSV has a byte order mark, so that Excel reads its Chinese.
//
//go:embed starter/prompts.yaml starter/prompts.csv
var starters embed.FS

func (p *program) initCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "init [FILE]",
		Short: "Write a starter manifest: .yaml or .csv",
		Long: `Write a small manifest to start from, with comments: prompts.yaml, or the FILE
that is named, .yaml or .csv (which Excel opens). A file that is there is left
alone.`,
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
		return &mistake{text: quote(name) + " is there already; it was left alone", hint: "give another name: qwenbatch init FILE"}
	}
	if err != nil {
		return &mistake{text: err.Error()}
	}
	_, err = f.Write(content)
	if err := errors.Join(err, f.Close()); err != nil {
		return err
	}
	arg := shellQuote(name)
	fmt.Fprintf(p.stderr, "wrote %s. Next:\n  qwenbatch run %s --rehearse   (free, no key)\n  qwenbatch plan %s             (what it costs)\n", plain(name), arg, arg)
	return nil
}

// starter is the content for a kind of file.
func starter(name string) ([]byte, error) {
	switch ext := strings.ToLower(filepath.Ext(name)); ext {
	case ".yaml", ".yml":
		return starters.ReadFile("starter/prompts.yaml")
	case ".csv":
		return starters.ReadFile("starter/prompts.csv")
	case ".xlsx":
		return nil, &mistake{text: "writing .xlsx comes later", hint: "qwenbatch init " + shellQuote(strings.TrimSuffix(name, filepath.Ext(name))+".csv") + " writes a CSV, which Excel opens"}
	}
	return nil, &mistake{text: quote(name) + ": init writes .yaml and .csv", hint: "qwenbatch init prompts.yaml, or prompts.csv"}
}

package cli

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"

	"github.com/spf13/cobra"
)

func (p *program) reportCommand() *cobra.Command {
	l := newLook()
	cmd := &cobra.Command{
		Use:   "report MANIFEST",
		Short: "Write the reports again from the state file",
		Long: `Write results.csv, results.jsonl and report.html again, in the order of the
manifest, and make the thumbnails that report.html shows. Also while a run is
going on. Flags that say something of the pictures (--model, --size, …) are
those of the last run unless given.`,
		Example: "  qwenbatch report prompts.csv",
		Args:    oneManifest, ValidArgsFunction: completeManifest,
	}
	thumbs := true
	main := l.folderFlags()
	main.flags.BoolVar(&thumbs, "thumbs", true, "make thumbnails, a tenth of a second each; without them report.html shows the pictures themselves")
	p.flags(cmd, main, l.what(), l.how())
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		closing, err := l.open(p, cmd, args[0], true)
		if err != nil {
			return err
		}
		defer closing()
		if err := l.begun(); err != nil {
			return err
		}
		if thumbs {
			if err := l.batch.Thumbs(cmd.Context()); err != nil {
				return err
			}
		}
		files, err := l.batch.Report()
		for _, name := range files {
			fmt.Fprintln(p.stdout, plain(filepath.Join(l.folder, name)))
		}
		if errors.Is(err, fs.ErrPermission) {
			return notWritable(l.folder, err)
		}
		return err
	}
	return cmd
}

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
	thumbs, junit := true, ""
	main := l.folderFlags()
	main.flags.BoolVar(&thumbs, "thumbs", true, "make thumbnails, a tenth of a second each; without them report.html shows the pictures themselves")
	main.flags.Var(word{&junit, "FILE"}, "junit", "write a JUnit report, too; its name ends in .xml (default none)")
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
		also, err := openJUnit(junit)
		if err != nil {
			return err
		}
		defer also.close()
		if thumbs {
			if err := l.batch.Thumbs(cmd.Context()); err != nil {
				return err
			}
		}
		files, err := l.batch.Report()
		if err == nil {
			err = also.write(l.batch, advice(l.command("run"), l.command))
		}
		for _, name := range files {
			fmt.Fprintln(p.stdout, plain(filepath.Join(l.folder, name)))
		}
		if errors.Is(err, fs.ErrPermission) {
			return notWritable(l.folder, err)
		}
		if err == nil && also != nil {
			fmt.Fprintln(p.stdout, plain(junit))
		}
		return err
	}
	return cmd
}

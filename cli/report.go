package cli

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/qwenbatch/qwenbatch/cli/term"
)

func reportCommand(p *program) *cobra.Command {
	l := newSavedBatch()
	cmd := &cobra.Command{
		Use:   "report MANIFEST",
		Short: "Write the reports again from the state file",
		Long: `Write results.csv, results.jsonl, report.html and results.xlsx again, in the
order of the manifest, and make the thumbnails that the latter two show. Also
while a run is going on. Flags that say something of the pictures (--model,
--size, …) and --xlsx are those of the last run unless given.`,
		Example: "  qwenbatch report prompts.csv",
		Args:    oneManifest, ValidArgsFunction: completeManifest,
	}
	main := l.folderFlags()
	l.reportFlags.addTo(main)
	p.flags(cmd, main, l.pictureGroup(), l.readingGroup())
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		return l.withSaved(p, cmd, args[0], true, func() error {
			also, err := openJUnit(l.junit)
			if err != nil {
				return err
			}
			defer also.close()
			if l.thumbs {
				if err := l.makeThumbs(p, cmd.Context()); err != nil {
					return err
				}
			}
			files, err := l.batch.Report(cmd.Context())
			if err == nil {
				err = also.write(l.batch, adviceByStatus(l.command("run"), l.command))
			}
			for _, name := range files {
				fmt.Fprintln(p.stdout, term.Plain(filepath.Join(l.folder, name)))
			}
			if errors.Is(err, fs.ErrPermission) {
				return notWritable(l.folder, err)
			}
			if err == nil && also != nil {
				fmt.Fprintln(p.stdout, term.Plain(l.junit))
			}
			return err
		})
	}
	return cmd
}

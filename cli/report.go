package cli

import (
	"context"
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
		Example: `  qwenbatch report prompts.csv
  qwenbatch report prompts.csv --single-file prompts.html   a page to be mailed`,
		Args: oneManifest, ValidArgsFunction: completeManifest,
	}
	main := l.folderFlags()
	l.reportFlags.addTo(main)
	var gifts handOn
	gifts.addTo(main)
	p.flags(cmd, main, l.pictureGroup(), l.readingGroup())
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		return l.withSaved(p, cmd, args[0], true, func() error {
			return l.writeReports(p, cmd.Context(), &gifts)
		})
	}
	return cmd
}

// writeReports makes the thumbnails and writes the reports, those too that flags name.
func (l *savedBatch) writeReports(p *program, ctx context.Context, gifts *handOn) error {
	junit, err := openJUnit(l.junit)
	defer junit.close()
	if err == nil {
		err = gifts.open()
	}
	defer gifts.close()
	if err == nil && l.thumbs {
		err = l.makeThumbs(p, ctx)
	}
	if err != nil {
		return err
	}
	files, err := l.batch.View().Write(ctx)
	if err == nil {
		err = writeJUnit(junit, l.batch, adviceOf(l.batch, l.command("run"), l.command))
	}
	for _, name := range files {
		fmt.Fprintln(p.stdout, term.Plain(filepath.Join(l.folder, name)))
	}
	if errors.Is(err, fs.ErrPermission) {
		return notWritable(l.folder, err)
	}
	if err == nil && junit != nil {
		fmt.Fprintln(p.stdout, term.Plain(l.junit))
	}
	if err == nil {
		err = gifts.write(p, l.batch)
	}
	return err
}

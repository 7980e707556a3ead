package cli

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/qwenbatch/qwenbatch/cli/term"
)

// A reportFlags is the flags that say which reports are written, and how.
type reportFlags struct {
	workbook *bool
	thumbs   bool
	junit    string
}

func (r *reportFlags) addTo(g group) {
	g.flags.Var(optionalBool{&r.workbook}, "xlsx", "write results.xlsx: your sheet with the pictures and results beside its rows (default where the manifest is a workbook)")
	g.flags.Lookup("xlsx").NoOptDefVal = "true"
	g.flags.BoolVar(&r.thumbs, "thumbs", true, "make thumbnails, a run while the service works; without them report.html shows the pictures themselves, and results.xlsx only links")
	g.flags.Var(textFlag{&r.junit, "FILE"}, "junit", "write a JUnit report, a case an item, for CI; its name ends in .xml (default none)")
}

func (p *program) reportCommand() *cobra.Command {
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
		closing, err := l.openReadOnly(p, cmd, args[0], true)
		if err != nil {
			return err
		}
		defer closing()
		if err := l.mustExist(); err != nil {
			return err
		}
		also, err := openJUnit(l.junit)
		if err != nil {
			return err
		}
		defer also.close()
		if l.thumbs {
			if err := l.batch.Thumbs(cmd.Context()); err != nil {
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
	}
	return cmd
}

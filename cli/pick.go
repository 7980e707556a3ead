package cli

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/qwenbatch/qwenbatch/cli/term"
)

// pickFlags are the flags of pick.
type pickFlags struct {
	out, to, marks string
	link, rehearse bool
}

func pickCommand(p *program) *cobra.Command {
	f := &pickFlags{}
	cmd := &cobra.Command{
		Use:   "pick MANIFEST --to DIR",
		Short: "Copy the picked pictures to a folder",
		Long: `Copy the pictures that were picked in report.html, or marked ✓ in the column
keep of results.xlsx, to a folder. Their names begin with a number, in the order
of the sheet. Nothing is sent, and no file is replaced.`,
		Example: `  qwenbatch pick prompts.csv --to chosen
  qwenbatch pick prompts.csv --to chosen --marks ~/Downloads/picks.csv`,
		Args: oneManifest, ValidArgsFunction: completeManifest,
	}
	main := newGroup("Picking")
	main.flags.Var(textFlag{&f.to, "DIR"}, "to", "where the pictures go; it is made")
	main.flags.Var(textFlag{&f.marks, "FILE"}, "marks",
		"a picks.csv or results.xlsx (default that in the output folder)")
	main.flags.BoolVar(&f.link, "link", false,
		"make hard links in place of copies: no room is used, and who edits one edits both")
	main.flags.VarP(textFlag{&f.out, "DIR"}, "out", "o", outHelp)
	main.flags.BoolVar(&f.rehearse, "rehearse", false, "take the pictures of the rehearsal")
	p.flags(cmd, main)
	cmd.RunE = func(cmd *cobra.Command, args []string) error { return f.pick(p, args[0]) }
	return cmd
}

func (f *pickFlags) pick(p *program, manifest string) error {
	if f.to == "" {
		return &mistake{text: "pick wants a folder for the pictures",
			hint: "qwenbatch pick " + term.ShellQuote(manifest) + " --to chosen"}
	}
	folder := folderOf(f.out, manifest, f.rehearse)
	report := batchCommand("report", manifest, f.out, f.rehearse)
	if f.marks == "" {
		found, err := marksIn(folder, report)
		if err != nil {
			return err
		}
		f.marks = found
	}
	marks, err := readMarks(f.marks)
	if err != nil {
		return err
	}
	c, err := newPickCopier(folder, f.to, f.link)
	if err != nil {
		return err
	}
	defer c.close()
	if err := c.take(marks); err != nil {
		return err
	}
	return f.tell(p, c)
}

// tell says what was picked, and what was left out.
func (f *pickFlags) tell(p *program, c *pickCopier) error {
	verb := "copied"
	if f.link {
		verb = "linked"
	}
	fmt.Fprintf(p.stdout, "%s %s to %s\n", term.Amount(c.picked, "picture"), verb,
		term.Plain(f.to))
	if len(c.newer) > 0 {
		p.warn("left out, since other pictures have taken their place after they were picked: " +
			someNames(c.newer))
	}
	if len(c.gone) > 0 {
		p.warn("left out, since their files are gone: " + someNames(c.gone))
	}
	if len(c.newer)+len(c.gone) > 0 {
		return codeItems
	}
	return nil
}

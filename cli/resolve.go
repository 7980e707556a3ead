package cli

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/qwenbatch/qwenbatch/batch"
	"github.com/qwenbatch/qwenbatch/batch/state"
	"github.com/qwenbatch/qwenbatch/cli/term"
)

func resolveCommand(p *program) *cobra.Command {
	l := newSavedBatch()
	var how batch.Resolution
	cmd := &cobra.Command{
		Use:   "resolve MANIFEST ID…",
		Short: "Settle held items by hand",
		Long: `Settle items that are held: submissions whose outcome nobody could tell, which
may have been paid for. status lists them with their ids or keys, audit shows
what the account was charged for. Nothing is sent; the next run goes on with
them.`,
		Example: `  qwenbatch resolve prompts.csv cat-7 --adopt 9e2b6ef6-285d-4efa-8651-…
  qwenbatch resolve prompts.csv cat-7 cat-9 --resubmit`,
		Args: manifestAndMore, ValidArgsFunction: completeHeld(p, l),
	}
	main := l.folderFlags()
	main.flags.Var(textFlag{&how.Adopt, "TASK_ID"}, "adopt",
		"this task of the service is the item's: fetch its picture (default none)")
	main.flags.BoolVar(&how.Resubmit, "resubmit", false,
		"send the items again, at the risk of paying for them twice")
	main.flags.BoolVar(&how.Abandon, "abandon", false,
		"give the items up; they count as done with")
	jsonFlag(main, &l.asJSON)
	p.flags(cmd, main, l.pictureGroup(), l.readingGroup())
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		return l.resolve(p, cmd, args, how)
	}
	return cmd
}

// manifestAndMore wants a manifest and at least one item.
func manifestAndMore(cmd *cobra.Command, args []string) error {
	if len(args) < 2 {
		return &mistake{text: cmd.Name() + " wants a manifest and the ids of held items",
			hint: "qwenbatch status MANIFEST lists them"}
	}
	return nil
}

func (l *savedBatch) resolve(p *program, cmd *cobra.Command, args []string,
	how batch.Resolution) error {
	l.name = args[0]
	chosen := 0
	for _, is := range []bool{how.Adopt != "", how.Resubmit, how.Abandon} {
		if is {
			chosen++
		}
	}
	if chosen != 1 {
		return &mistake{
			text: "resolve wants exactly one of --adopt TASK_ID, --resubmit and --abandon",
			hint: l.command("audit") + " shows what was charged"}
	}
	if err := stdinFolder(l.name, l.out); err != nil {
		return err
	}
	l.folder = folderOf(l.out, l.name, l.rehearse)
	if l.found = hasState(l.folder); !l.found {
		return l.mustExist()
	}
	dir, lock, err := p.takeFolder(l.folder)
	if err != nil {
		return err
	}
	defer dir.Close()
	defer lock.Release()
	recorded, _, err := state.ReadSettings(dir)
	if err != nil {
		return otherBatch(l.folder, dir, l.rehearse, err, l.command("run"))
	}
	m, err := l.join(p, cmd, dir, &recorded)
	if m != nil {
		defer m.Close()
	}
	if err != nil {
		return err
	}
	defer l.batch.Close()
	if err := l.batch.Resolve(args[1:], how); err != nil {
		return &mistake{text: err.Error(), hint: l.command("status") + " lists the held items"}
	}
	if l.asJSON {
		return term.WriteJSON(p.stdout, l.resolveRecord(args[1:], how))
	}
	fmt.Fprintf(p.stderr, "%s settled; to go on: %s\n", term.Amount(len(args)-1, "item"),
		l.command("run"))
	return nil
}

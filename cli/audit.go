package cli

import (
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/qwenbatch/qwenbatch/batch"
	"github.com/qwenbatch/qwenbatch/cli/term"
	"github.com/qwenbatch/qwenbatch/client"
)

func auditCommand(p *program) *cobra.Command {
	l := newSavedBatch()
	asJSON := false
	cmd := &cobra.Command{
		Use:   "audit MANIFEST",
		Short: "Compare what the account was charged for with what was saved",
		Long: `Read the account's own task list of the last 24 hours and join it with the state
file: pictures that were charged and saved, tasks that are open, tasks with the
words of an item that no record knows (duplicate), tasks of the same models with
the words of no item (orphan), those that nobody can tell the words of, since
they still run or their model does not say (untold), and held items. Then each
picture on the disk is read and compared with what was saved. Nothing is
changed.`,
		Example: `  qwenbatch audit prompts.csv
  qwenbatch audit prompts.csv --json | jq '.rows[].verdict'`,
		Args: oneManifest, ValidArgsFunction: completeManifest,
	}
	main := newGroup("Batch")
	main.flags.VarP(textFlag{&l.out, "DIR"}, "out", "o", outHelp)
	main.flags.BoolVar(&l.all, "all", false, "list also the tasks that are of no item of this batch")
	main.flags.BoolVar(&asJSON, "json", false, "one JSON object for programs")
	where := l.serviceGroup()
	l.keyFlags(where)
	p.flags(cmd, main, l.pictureGroup(), l.readingGroup(), where)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		return l.withSaved(p, cmd, args[0], false, func() error {
			a, err := l.audit(cmd.Context(), p)
			if err != nil {
				return err
			}
			if asJSON {
				return term.WriteJSON(p.stdout, newAuditRecord(a))
			}
			l.printAudit(p.stdout, a)
			return nil
		})
	}
	return cmd
}

func (l *savedBatch) audit(ctx context.Context, p *program) (batch.Audit, error) {
	c, err := l.connect(p, l.settings)
	if err != nil {
		return batch.Audit{}, err
	}
	defer c.Close()
	return l.batch.Audit(ctx, c)
}

func (l *savedBatch) printAudit(w io.Writer, a batch.Audit) {
	fmt.Fprintf(
		w, "%s in the account's list of the last 24 hours; --mode sync leaves none there\n",
		term.Amount(a.Listed, "task"))
	printCounts(w, []countLine{
		{"saved", a.Saved, ""}, {"open", a.Open, ""}, {"superseded", a.Superseded, ""},
		{"abandoned", a.Abandoned, ""}, {"duplicate", a.Duplicates, ""},
		{"orphan", a.Orphans, l.folded(a, "orphan")}, {"untold", a.Untold, l.folded(a, "untold")},
		{"held", a.Held, ""},
	}, "saved")
	fmt.Fprintf(w, "  %-10s %9s\n", "charged", term.Yuan(a.Charged))
	t := &term.Table{Heads: []string{"VERDICT", "ITEM", "TASK", "MODEL", "STATUS", "MAY COST"},
		Left: []int{1, 2, 3, 4}, Cut: 1}
	for _, r := range a.Rows {
		if r.Verdict != "saved" && r.Verdict != "superseded" && (l.all || !foreign(r)) {
			t.Add(r.Verdict, r.Item, r.Task, r.Model, string(r.Status), term.Yuan(r.Cost))
		}
	}
	if len(t.Rows) > 0 {
		fmt.Fprintln(w)
		t.Print(w)
	}
	printPictures(w, a)
	l.printAdvice(w, a)
	if !a.Whole {
		fmt.Fprintln(
			w, "\nThe list changed while it was read: some tasks may be missing here. "+
				"Run it again.")
	}
}

// foreign reports whether a task is most likely another program's: of those there may be
// thousands, and nothing is to be done about them.
func foreign(r batch.AuditRow) bool { return r.Verdict == "orphan" || r.Verdict == "untold" }

// folded tells what tasks of a verdict may cost where their rows are not listed.
func (l *savedBatch) folded(a batch.Audit, verdict string) string {
	if l.all {
		return ""
	}
	var total client.Money
	for _, r := range a.Rows {
		if r.Verdict == verdict {
			total += r.Cost
		}
	}
	return term.Yuan(total) + "; most likely another program's: --all lists them"
}

// printPictures lists the pictures that are not on the disk as they were saved.
func printPictures(w io.Writer, a batch.Audit) {
	if len(a.Pictures) == 0 {
		return
	}
	fmt.Fprintf(w, "\n%s compared with what was saved: %s\n", term.Amount(a.Compared, "picture"),
		differing(a.Pictures))
	t := &term.Table{Heads: []string{"PICTURE", "ITEM", "FILE", "REASON"}, Left: []int{1, 2, 3},
		Cut: 3, Whole: !term.IsTerminal(w)}
	for _, p := range a.Pictures {
		t.Add(p.Verdict, term.Line(p.Item), term.Line(p.File), term.Line(p.Reason))
	}
	t.Print(w)
}

// differing counts pictures by what is the matter with them.
func differing(all []batch.AuditPicture) string {
	count := map[string]int{}
	for _, p := range all {
		count[p.Verdict]++
	}
	var parts []string
	for _, verdict := range []string{"missing", "damaged", "undecodable", "edited"} {
		if n := count[verdict]; n > 0 {
			parts = append(parts, term.Number(n)+" "+verdict)
		}
	}
	return strings.Join(parts, ", ")
}

// printAdvice prints what can be done about what was found. A duplicate of a held item is most
// likely its own task.
func (l *savedBatch) printAdvice(w io.Writer, a batch.Audit) {
	helds := map[string]bool{}
	for _, r := range a.Rows {
		helds[r.Item] = helds[r.Item] || r.Verdict == "held"
	}
	var own, kept, other []string
	adopt := func(r batch.AuditRow) string {
		return term.Plain(l.command("resolve") + " " + term.ShellQuote(r.Item) + " --adopt " + r.Task)
	}
	waits := false
	for _, r := range a.Rows {
		waits = waits || r.Verdict == "open" && r.Status == client.Succeeded
		switch {
		case r.Verdict == "held" && r.Task != "" && r.Status == client.Succeeded:
			kept = append(kept, adopt(r))
		case r.Verdict == "duplicate" && helds[r.Item]:
			own = append(own, adopt(r))
		case (r.Verdict == "duplicate" || r.Verdict == "orphan") && r.Status == client.Succeeded:
			other = append(other, "qwenbatch tasks get "+r.Task+" -o FILE")
		}
	}
	if waits {
		advise(w, "Pictures of open items that are paid wait at the service. To fetch them:",
			[]string{term.Plain(l.command("run"))})
	}
	advise(w,
		"The task of a held item is there and has its picture. To fetch it after all, "+
			"without cost:", kept)
	advise(w, "A task with the words of a held item is most likely its own. To take it:", own)
	advise(w, "Pictures that are charged and not of this batch can be had for 24 hours:", other)
	if a.Held > 0 {
		advise(w, "Else a held item is sent again with --resubmit, or given up with --abandon:",
			[]string{term.Plain(l.command("resolve")) + " ID…"})
	}
}

// advised is the number of commands that are printed of one kind.
const advised = 5

func advise(w io.Writer, why string, commands []string) {
	if len(commands) == 0 {
		return
	}
	fmt.Fprintf(w, "\n%s\n", why)
	for _, c := range commands[:min(advised, len(commands))] {
		fmt.Fprintf(w, "  %s\n", c)
	}
	if more := len(commands) - advised; more > 0 {
		fmt.Fprintf(w, "  … and %s more\n", term.Number(more))
	}
}

// An auditRecord is what audit --json prints. Fields may be added, never renamed.
type auditRecord struct {
	jsonStamp
	Listed int  `json:"listed"`
	Whole  bool `json:"whole"`
	// Charged is what the tasks among the rows were charged.
	Charged string           `json:"charged"`
	Rows    []auditRowRecord `json:"rows"`
	// Compared pictures are on the disk; Pictures are those that are not there as they were saved.
	Compared int                  `json:"compared"`
	Pictures []auditPictureRecord `json:"pictures"`
}

type auditPictureRecord struct {
	Verdict string `json:"verdict"` // missing, damaged, undecodable, edited
	Item    string `json:"item"`
	File    string `json:"file"`
	Reason  string `json:"reason,omitempty"`
}

type auditRowRecord struct {
	Verdict string `json:"verdict"`
	Item    string `json:"item,omitempty"`
	Task    string `json:"task_id,omitempty"`
	Model   string `json:"model"`
	Status  string `json:"status,omitempty"`
	Created string `json:"created,omitempty"`
	Cost    string `json:"cost"`
}

func newAuditRecord(a batch.Audit) auditRecord {
	r := auditRecord{jsonStamp: stamp, Listed: a.Listed, Whole: a.Whole, Charged: a.Charged.String(),
		Rows:     []auditRowRecord{},
		Compared: a.Compared, Pictures: []auditPictureRecord{}}
	for _, p := range a.Pictures {
		r.Pictures = append(r.Pictures, auditPictureRecord{p.Verdict, p.Item, p.File, p.Reason})
	}
	for _, row := range a.Rows {
		r.Rows = append(r.Rows, auditRowRecord{row.Verdict, row.Item, row.Task, row.Model,
			string(row.Status), term.Timestamp(row.Created), row.Cost.String()})
	}
	return r
}

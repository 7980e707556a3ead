package cli

import (
	"fmt"
	"io"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/qwenbatch/qwenbatch/batch"
	"github.com/qwenbatch/qwenbatch/batch/report"
	"github.com/qwenbatch/qwenbatch/cli/term"
	"github.com/qwenbatch/qwenbatch/client"
)

func statusCommand(p *program) *cobra.Command {
	l := newSavedBatch()
	asJSON := false
	cmd := &cobra.Command{
		Use:   "status MANIFEST",
		Short: "Tell where a batch stands, from its state file",
		Long: `Tell where a batch stands: counts, money, and the items that failed or are held,
with the reason. Also while a run is going on. Flags that say something of the
pictures (--model, --size, --region, …) are those of the last run unless given.`,
		Example: `  qwenbatch status prompts.csv
  qwenbatch status prompts.csv --json | jq .failed`,
		Args: oneManifest, ValidArgsFunction: completeManifest,
	}
	main := l.folderFlags()
	main.flags.BoolVar(&asJSON, "json", false, "one JSON object for programs, with all problems")
	p.flags(cmd, main, l.pictureGroup(), l.readingGroup())
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		return l.withSaved(p, cmd, args[0], false, func() error {
			if asJSON {
				return l.statusJSON(p.stdout)
			}
			return l.printStatus(p.stdout)
		})
	}
	return cmd
}

// problemsShown is how many items that failed or are held a person is shown.
const problemsShown = 20

func (l *savedBatch) printStatus(w io.Writer) error {
	fmt.Fprintln(w, term.Plain(l.title()))
	printCounts(w, statusCounts(l.plan), "done")
	held, problems, more, err := problemsOf(l.batch, problemsShown)
	if err != nil {
		return err
	}
	l.printPaid(w, held)
	if l.plan.Unfetched > 0 {
		fmt.Fprintln(w, unfetchedNote(l.plan))
	}
	if len(problems) == 0 {
		return nil
	}
	fmt.Fprintln(w)
	problemTable(problems, !term.IsTerminal(w)).Print(w)
	if more > 0 {
		fmt.Fprintf(w, "… and %s more; %s has them all\n", term.Number(more),
			term.Plain(filepath.Join(l.folder, "results.csv")))
	}
	if l.plan.Failed > 0 {
		l.tellFailed(w)
	}
	l.tellHeld(w)
	return nil
}

// printPaid prints what the batch has cost, and what held items may have cost.
func (l *savedBatch) printPaid(w io.Writer, held client.Money) {
	fmt.Fprintf(w, "  %-10s %9s%s%s\n", "paid", term.Yuan(l.plan.Spent),
		goneMoney(l.plan.Gone, l.plan.SpentGone, "   "), heldMoney(held, l.settings.Rehearsal))
}

// tellFailed prints what failed items want.
func (l *savedBatch) tellFailed(w io.Writer) {
	refused := refusedOf(failuresByCode(l.batch))
	fmt.Fprintln(w)
	if refused > 0 {
		fmt.Fprintf(w, "%s: change the words in %s, then: %s\n",
			term.Amount(refused, "refused prompt"), term.Plain(l.name), term.Plain(l.command("run")))
	}
	if refused < l.plan.Failed {
		fmt.Fprintf(w, "To try failed items again: %s --retry-failed\n",
			term.Plain(l.command("run")))
	}
}

// unfetchedNote tells what becomes of items that are paid while their pictures could not be
// fetched.
func unfetchedNote(p batch.Plan) string {
	return fmt.Sprintf(
		"Of those in flight %s paid and could not be fetched yet; they are kept until %s. The "+
			"next run fetches them and pays nothing for it.",
		amountIs(p.Unfetched), p.Until.Local().Format("2006-01-02 15:04"))
}

// amountIs is "1 is", "2 are".
func amountIs(n int) string {
	if n == 1 {
		return "1 is"
	}
	return term.Number(n) + " are"
}

// tellHeld prints how held items are settled, which no run does by itself.
func (l *savedBatch) tellHeld(w io.Writer) {
	if l.plan.Held == 0 || l.settings.Rehearsal {
		return
	}
	fmt.Fprintf(w, "\nHeld items may be paid for. To see what was charged: %s\n",
		term.Plain(l.command("audit")))
	fmt.Fprintf(w, "To settle them: %s ID… and --adopt TASK_ID, --resubmit or --abandon\n",
		term.Plain(l.command("resolve")))
}

func heldMoney(held client.Money, rehearsal bool) string {
	text := ""
	if held > 0 {
		text = fmt.Sprintf("   held items may have cost %s more", term.Yuan(held))
	}
	if rehearsal {
		text += "   in a real run; this one is free"
	}
	return text
}

func statusCounts(p batch.Plan) []countLine {
	return []countLine{
		{"done", p.Done, ""}, {"edited", p.Edited, ""}, {"not sent", p.New + p.Ready, ""},
		{"changed", p.Changed, ""}, {"in flight", p.Open + p.Doubt, ""}, {
			"missing", p.Missing, ""},
		{"failed", p.Failed, ""}, {"held", p.Held, ""}, {"abandoned", p.Abandoned, ""},
		{"skipped", p.Skipped, ""},
	}
}

// problemTable lists failed and held items with their reasons. Nothing is cut where whole is
// set, for a pipe or a file.
func problemTable(problems []report.Failure, whole bool) *term.Table {
	t := &term.Table{Heads: []string{"STATUS", "ROW", "ITEM", "REASON"}, Left: []int{2, 3}, Cut: 3,
		Whole: whole}
	for _, f := range problems {
		name := f.ID
		if name == "" {
			name = f.Key
		}
		reason := term.WholeReason(f.Code, f.Message)
		if !whole {
			name, reason = term.Short(name, 24), term.ReasonOf(f.Code, f.Message)
		}
		t.Add(f.Status, fmt.Sprint(f.Row), term.Line(name), reason)
	}
	return t
}

// A statusRecord is what status --json prints. Fields may be added, never renamed; amounts are
// exact decimals in CNY.
type statusRecord struct {
	jsonStamp
	Manifest  string `json:"manifest"`
	Folder    string `json:"folder"`
	Region    string `json:"region"`
	BaseURL   string `json:"base_url"`
	Rehearsal bool   `json:"rehearsal"`
	Items     int    `json:"items"`
	Done      int    `json:"done"`
	Edited    int    `json:"edited"` // of those done
	Pending   int    `json:"pending"`
	Changed   int    `json:"changed"`
	Open      int    `json:"open"`
	// of them: paid, and their pictures could not be fetched yet
	Unfetched int             `json:"unfetched"`
	Missing   int             `json:"missing"` // paid, and their pictures are gone or damaged
	Failed    int             `json:"failed"`
	Held      int             `json:"held"`
	Abandoned int             `json:"abandoned"`
	Skipped   int             `json:"skipped"`
	Spent     string          `json:"spent"`
	Gone      int             `json:"gone"`       // items that are paid for and no longer in the manifest
	SpentGone string          `json:"spent_gone"` // of spent, for these
	HeldCost  string          `json:"held_cost"`  // what held items may have cost on top
	Problems  []problemRecord `json:"problems"`
}

// A problemRecord is an item that failed or is held.
type problemRecord struct {
	Row     int    `json:"row"`
	ID      string `json:"id,omitempty"`
	Key     string `json:"key"`
	Status  string `json:"status"`
	Code    string `json:"error_code"`
	Message string `json:"error_message"`
}

func (l *savedBatch) statusJSON(w io.Writer) error {
	held, problems, _, err := problemsOf(l.batch, int(^uint(0)>>1))
	if err != nil {
		return err
	}
	p := l.plan
	r := statusRecord{jsonStamp: stamp, Manifest: l.name, Folder: l.folder, Region: l.settings.Region,
		BaseURL: l.settings.BaseURL, Rehearsal: l.settings.Rehearsal,
		Items: p.Items, Done: p.Done, Edited: p.Edited, Pending: p.New +
			p.Ready, Changed: p.Changed, Open: p.Open +
			p.Doubt, Unfetched: p.Unfetched, Missing: p.Missing, Failed: p.Failed,
		Held:      p.Held,
		Abandoned: p.Abandoned, Skipped: p.Skipped, Spent: p.Spent.String(),
		Gone: p.Gone, SpentGone: p.SpentGone.String(), HeldCost: held.String(), Problems: []problemRecord{}}
	for _, f := range problems {
		r.Problems = append(r.Problems, problemRecord{
			f.Row, f.ID, f.Key, f.Status, f.Code, f.Message})
	}
	return term.WriteJSON(w, r)
}

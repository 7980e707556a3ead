package cli

import (
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/qwenbatch/qwenbatch/batch"
	"github.com/qwenbatch/qwenbatch/cli/term"
	"github.com/qwenbatch/qwenbatch/client"
)

func planCommand(p *program) *cobra.Command {
	l := newSavedBatch()
	l.asRun = true
	cmd := &cobra.Command{
		Use:   "plan MANIFEST",
		Short: "Tell what a run would make, pay and take; send nothing",
		Long: `Check a manifest as run does and tell what a run would do: items that are new,
done, changed, failed or held, pictures to pay, their price, and how long the
documented quotas make it take. Nothing is sent or written; no key is wanted.`,
		Example: `  qwenbatch plan prompts.csv
  qwenbatch plan prompts.csv --model qwen-image --region singapore`,
		Args: manifestOrFolder, ValidArgsFunction: completeManifest,
	}
	main := l.folderFlags()
	main.flags.BoolVar(&l.retry, "retry-failed", false,
		"count items that failed as ones to be tried again")
	redoFlag(main, &l.redo)
	newFlag(main, &l.anew)
	l.manifestFlags.modeFlag(main)
	configOnly := false
	main.flags.BoolVar(&configOnly, "show-config", false,
		"only tell what each flag of run is for this manifest, and where that was said")
	jsonFlag(main, &l.asJSON)
	p.flags(cmd, main, l.pictureGroup(), l.readingGroup(), l.serviceGroup())
	_ = cmd.RegisterFlagCompletionFunc("redo",
		completeRedo(p, func() *savedBatch { return l }))
	cmd.RunE = func(cmd *cobra.Command, args []string) (err error) {
		if configOnly {
			return showConfig(p, cmd, args[0], l.asJSON)
		}
		if l.redo, err = p.expandRedo(l.redo); err != nil {
			return err
		}
		return l.showPlan(p, cmd, l.manifestOf(args))
	}
	return cmd
}

// showPlan tells what a run would do.
func (l *savedBatch) showPlan(p *program, cmd *cobra.Command, name string) error {
	closing, err := l.openReadOnly(p, cmd, name, false)
	if err != nil {
		return err
	}
	defer closing()
	tellReading(l.totals, p.warn)
	_, warnings := l.liveNotes()
	for _, w := range warnings {
		p.warn(w)
	}
	if l.asJSON {
		return term.WriteJSON(p.stdout, l.planRecord())
	}
	l.printPlan(p.stdout)
	return nil
}

func (l *savedBatch) printPlan(w io.Writer) {
	fmt.Fprintln(w, term.Plain(l.title()))
	printCounts(w, append(l.added(), planCounts(l.plan, l.retryNote())...))
	if l.plan.Spent > 0 {
		l.printPaid(w, 0)
	}
	if len(l.plan.Models) > 0 {
		fmt.Fprintln(w)
		t := planTable(l.plan, l.rules.Live)
		t.Print(w)
	}
	fmt.Fprintf(w, "\n%s\n", l.end())
	told, _ := l.liveNotes()
	for _, note := range slices.Concat(told, planNotes(l.plan, l.rules.Live),
		redoNotes(l.plan.Redo, l.command("resolve"))) {
		fmt.Fprintln(w, term.Fold(note, term.ScreenWidth, "", ""))
	}
	l.tellHeld(w)
}

// added counts the items that a manifest adds to its rows.
func (l *savedBatch) added() []countLine {
	if l.totals.Added == 0 {
		return nil
	}
	return []countLine{{"rows", l.totals.Rows,
		fmt.Sprintf("matrix, seeds and count add %s (--max-items %s)", term.Number(l.totals.Added),
			term.Number(l.maxItems))}}
}

// repetitions tells how many rows ask for what another one asks for.
func repetitions(p batch.Plan) []string {
	if p.Repeated == 0 {
		return nil
	}
	repeat := "rows repeat"
	if p.Repeated == 1 {
		repeat = "row repeats"
	}
	return []string{fmt.Sprintf("%s %s the prompt and settings of another: %s of the cost.",
		term.Number(p.Repeated), repeat, orUnknown(p.RepeatedCost, term.Yuan(p.RepeatedCost)))}
}

// planNotes compares the interfaces, and n with count, where that matters.
func planNotes(p batch.Plan, live client.Catalogue) []string {
	notes := repetitions(p)
	for _, m := range p.Models {
		model := live.Model(m.Name)
		atRisk := term.Yuan(m.Price * client.Money(m.AtRisk))
		switch {
		case m.Sync > 0 && m.Async > 0 && m.Sync < m.Async*3/4:
			notes = append(notes, fmt.Sprintf(
				"--mode sync is faster for %s, at a risk: a crash pays and loses what is on its "+
					"way then, up to %s (%s).",
				m.Name, term.Amount(m.AtRisk, "picture"), atRisk))
		case m.Async == 0 && m.AtRisk > 0:
			notes = append(notes, fmt.Sprintf(
				"%s has only the synchronous interface: a crash pays and loses what is on its "+
					"way then, up to %s (%s).",
				m.Name, term.Amount(m.AtRisk, "picture"), atRisk))
		}
		if m.Shown > 0 {
			notes = append(notes, fmt.Sprintf("%s of it is for the pictures that %s is shown.",
				term.Yuan(m.Shown), m.Name))
		}
		if model.MaxN > 1 && model.Per == time.Minute && m.Requests == m.Pictures &&
			m.Requests > 1 {
			notes = append(notes, fmt.Sprintf(
				"%s takes %d requests a minute and makes up to %d pictures of each: where "+
					"several of one prompt are wanted, the column n is faster than count.",
				m.Name, model.Submissions, model.MaxN))
		}
	}
	return notes
}

// retryNote says what the failed items want.
func (l *savedBatch) retryNote() string {
	if l.plan.Failed == 0 {
		return ""
	}
	return retryNote(l.plan.Failed, refusedOf(failuresByCode(l.batch)))
}

func planCounts(p batch.Plan, retry string) []countLine {
	return []countLine{
		{"new", p.New + p.Ready, ""},
		{"again", p.Again, "the older pictures go to images/replaced"},
		{"changed", p.Changed, "finished, but their rows say something else now"},
		{"in flight", p.Open + p.Doubt, "at the service; the next run collects them"},
		{"done", p.Done, ""},
		{"missing", p.Missing, missingText(p)},
		{"renamed", p.Misnamed, "done; only their file names have changed"},
		{"failed", p.Failed, retry},
		{"held", p.Held, "may be paid for; nobody can tell yet"},
		{"abandoned", p.Abandoned, ""},
		{"skipped", p.Skipped, ""},
	}
}

// missingText tells what a run does with items that have lost their pictures.
func missingText(p batch.Plan) string {
	if p.Fetchable == 0 {
		return "paid, files gone; --redo missing buys them again"
	}
	return "paid; " + term.Number(p.Fetchable) + " fetched again without cost"
}

// planTable has a row for each model, with the time that each interface takes.
func planTable(p batch.Plan, live client.Catalogue) *term.Table {
	t := &term.Table{Heads: []string{"MODEL", "PICTURES", "EACH", "COST", "ASYNC", "SYNC",
		"QUOTA"}, Left: []int{6}}
	for _, m := range p.Models {
		each := term.Yuan(m.Price)
		if m.Pictures > 0 && m.Price*client.Money(m.Pictures) != m.Cost-m.Shown {
			each = "mixed"
		}
		t.Add(m.Name, term.Number(m.Pictures), orUnknown(m.Price, each),
			orUnknown(m.Cost, term.Yuan(m.Cost)), orNone(m.Async), orNone(m.Sync),
			quota(live.Model(m.Name)))
	}
	if len(p.Models) > 1 {
		t.Add("all", term.Number(p.Pictures), "", orUnknown(p.Cost, term.Yuan(p.Cost)), "", "", "")
	}
	return t
}

func orUnknown(m client.Money, text string) string {
	if m == 0 {
		return "?"
	}
	return text
}

func orNone(d time.Duration) string {
	if d == 0 {
		return "-"
	}
	return term.Span(d)
}

// end says what a run would do, or why it would stop.
func (l *savedBatch) end() string {
	if l.rereading != nil {
		return term.Fold("A run stops: "+l.rereading.text+". "+l.rereading.hint, term.ScreenWidth, "", "")
	}
	return planEnd(l.plan)
}

// planEnd is the last sentence of plan: what a run would do.
func planEnd(p batch.Plan) string {
	switch {
	case p.Idle():
		return "A run has nothing to do."
	case p.Much():
		return fmt.Sprintf(
			"A run stops: %s finished pictures would be paid anew, %s in all. "+
				"--accept-changes goes on.", term.Number(p.Anew), term.Yuan(p.Cost))
	case p.Pictures == 0 && p.Open+p.Doubt+p.Fetchable == 0:
		return "A run only renames pictures; it pays nothing."
	case p.Pictures == 0:
		return "A run only collects what is in flight; it pays nothing new."
	}
	o := newEstimate(p, 0)
	return fmt.Sprintf("A run makes %s in about %s: %s.", term.Amount(o.pictures, "picture"),
		term.Span(o.duration), o.costText())
}

// liveNotes are about the models that a run would pay for.
func (l *savedBatch) liveNotes() (notes, warnings []string) {
	return liveNotes(l.rules.Live, planModels(l.plan), l.settings.Region, time.Now())
}

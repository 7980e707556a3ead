package cli

import (
	"cmp"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/qwenbatch/qwenbatch/batch"
	"github.com/qwenbatch/qwenbatch/cli/term"
	"github.com/qwenbatch/qwenbatch/client"
)

// A summary is how a run has ended.
type summary struct {
	code      exitCode
	err       error // why it stopped before its end
	progress  batch.Progress
	missing   int // paid, and their pictures are gone
	items     int
	abandoned int
	took      time.Duration
	before    client.Money // paid by earlier runs
	gone      int          // items that are paid for, and whose rows are not in the sheet any more
	goneSpent client.Money // of before, for these
	folder    string
	reports   []string
	reasons   map[string]int // how many items failed with which code
	rehearsal bool
	again     string // the command that goes on
	note      string // a word about it
	fresh     string // without --redo
	reworded  string // without --redo and --retry-failed
	original  string // without the flags of a rehearsal
	status    string // the command that lists problems
	retried   bool   // --retry-failed was given
	unthumbed bool   // report.html lacks thumbnails
	report    string // the command that makes them
	orphans   []batch.Orphan
	audit     string // the command that lists them
}

// mostLines of a summary can be taken in at a glance.
const mostLines = 12

// lines are the summary on at most mostLines lines.
func (s summary) lines() []string {
	p := s.progress
	done := fmt.Sprintf("%s of %s", term.Number(p.Done), term.Amount(s.items, "item"))
	done += s.givenUp(", " + term.Number(s.abandoned) + " of them abandoned")
	if s.took > 0 {
		done += " in " + term.Span(s.took)
	}
	lines := []string{entryLine("done", done)}
	if p.Failed > 0 {
		lines = append(lines, entryLine("failed", term.Number(p.Failed)+s.reasonText("failed")))
	}
	if p.Held > 0 {
		lines = append(lines, entryLine("held",
			term.Number(p.Held)+", paid or not: nobody can tell yet"))
	}
	if s.missing > 0 {
		lines = append(lines, entryLine("missing",
			term.Number(s.missing)+", paid; their picture files are gone or damaged"))
	}
	if p.Doubts > 0 {
		lines = append(lines, entryLine("in doubt",
			term.Number(p.Doubts)+", paid or not: the next run looks again"))
	}
	if p.Open > p.Doubts {
		lines = append(lines, entryLine("open",
			term.Number(p.Open-p.Doubts)+" at the service"+term.UnfetchedText(p.Unfetched)+
				"; fetch them within 24 hours"))
	}
	if p.Pending > 0 {
		lines = append(lines, entryLine("not sent", term.Number(p.Pending)))
	}
	for _, r := range p.Refused {
		lines = append(lines, entryLine("refused",
			fmt.Sprintf("%s, since %s: %s", term.Line(r.Model), term.ClockText(r.Since),
				term.ReasonOf(r.Cause.Code, r.Cause.Message))))
	}
	lines = append(lines, entryLine("money", s.money()))
	if n := len(s.orphans); n > 0 {
		lines = append(lines, entryLine("orphans",
			term.Amount(n, "task")+" that no item wanted, "+term.Yuan(s.orphaned())+": "+s.audit))
	}
	if p.Done > 0 {
		lines = append(lines, entryLine("pictures", filepath.Join(s.folder, "images")))
	}
	lines = append(lines, s.written()...)
	next := s.next()
	// else the next run makes them
	if s.unthumbed && p.Open+p.Pending == 0 && len(lines)+len(next) < mostLines {
		lines = append(lines, entryLine("thumbs", "some are left: "+s.report))
	}
	return append(lines, next...)
}

// givenUp returns a text where items were abandoned: they count as done.
func (s summary) givenUp(text string) string {
	if s.abandoned == 0 {
		return ""
	}
	return text
}

// orphaned is what the tasks that no item wanted cost.
func (s summary) orphaned() (all client.Money) {
	for _, o := range s.orphans {
		all += o.Cost
	}
	return all
}

func entryLine(name, text string) string { return fmt.Sprintf("%-9s %s", name, text) }

// oneLine is the summary for --quiet.
func (s summary) oneLine() string {
	p := s.progress
	refused := ""
	for _, r := range p.Refused {
		refused += "; " + term.RefusalText(r)
	}
	return fmt.Sprintf("%s done, %s failed, %s held, %s left%s; %s; %s", term.Number(p.Done),
		term.Number(p.Failed), term.Number(p.Held),
		term.Number(p.Open+p.Pending), refused, s.money(), s.folder)
}

func (s summary) money() string {
	spent, all := s.progress.Spent, s.before+s.progress.Spent
	gone := goneMoney(s.gone, s.goneSpent, "; ")
	switch {
	case s.rehearsal:
		return fmt.Sprintf("¥0.00; a real run would have paid %s%s", term.Yuan(all), gone)
	case spent == all:
		return term.Yuan(spent) + " paid"
	case spent == 0:
		return term.Yuan(all) + " paid, all by runs before" + gone
	}
	return fmt.Sprintf("%s paid, %s with the runs before%s", term.Yuan(spent), term.Yuan(all), gone)
}

// goneMoney says, behind an amount, what of it is for rows that the sheet has no more; "" for none.
func goneMoney(rows int, spent client.Money, between string) string {
	switch {
	case spent == 0:
		return ""
	case rows == 1:
		return between + term.Yuan(spent) + " of it for 1 row that is no longer in the sheet"
	}
	return fmt.Sprintf("%s%s of it for %s rows that are no longer in the sheet", between,
		term.Yuan(spent), term.Number(rows))
}

// written lists the reports, the workbook on a line of its own.
func (s summary) written() (lines []string) {
	var reports, books []string
	for _, name := range s.reports {
		if strings.HasSuffix(name, ".xlsx") {
			books = append(books, name)
		} else {
			reports = append(reports, name)
		}
	}
	if len(reports) > 0 {
		lines = append(lines, entryLine("reports", s.place(reports)))
	}
	if len(books) > 0 {
		lines = append(lines, entryLine("workbook", s.place(books)))
	}
	return lines
}

// place is where reports are, with a word about one that another program keeps from being
// replaced.
func (s summary) place(names []string) string {
	text := strings.Join(names, ", ")
	if strings.Contains(text, ".new.") {
		text += "; the old is in use"
	}
	return filepath.Join(s.folder, text)
}

// reasonText names the most frequent codes.
func (s summary) reasonText(status string) string {
	var codes []string
	for code := range s.reasons {
		codes = append(codes, code)
	}
	slices.SortFunc(codes, func(a, b string) int {
		return cmp.Or(s.reasons[b]-s.reasons[a], strings.Compare(a, b))
	})
	var texts []string
	if told := 0; s.retried {
		for _, n := range s.reasons {
			told += n
		}
		if told != s.progress.Failed {
			return "" // a limit stopped the retries: those that still have their old reason wait
		}
	}
	for _, code := range codes[:min(2, len(codes))] {
		texts = append(texts, fmt.Sprintf("%s ×%s", term.Short(code, 24),
			term.Number(s.reasons[code])))
	}
	if len(codes) > 2 {
		texts = append(texts, "…")
	}
	if len(texts) == 0 {
		return ""
	}
	return ": " + strings.Join(texts, ", ")
}

// noted puts the note before a command.
func (s summary) noted(command string) string {
	if s.note == "" {
		return command
	}
	return s.note + ": " + command
}

// next lists the commands that may be wanted now.
func (s summary) next() []string {
	p := s.progress
	var next []string
	if p.Open+p.Pending > 0 {
		return []string{entryLine("go on", s.noted(s.again))}
	}
	refused := refusedOf(s.reasons)
	switch {
	case refused > 0 && (s.retried || refused == p.Failed):
		next = append(next, entryLine("reword", rewordText(refused)+s.reworded))
	case refused > 0:
		next = append(next, entryLine("reword", rewordText(refused)+s.fresh+" --retry-failed"))
	case p.Failed > 0 && !s.retried:
		next = append(next, entryLine("retry", s.fresh+" --retry-failed"))
	}
	if p.Failed+p.Held > 0 {
		next = append(next, entryLine("list", s.status))
	}
	if s.missing > 0 {
		next = append(next, entryLine("redo", s.fresh+" --redo missing"))
	}
	if len(next) == 0 && s.rehearsal {
		next = append(next, entryLine("real run", s.original))
	}
	return next
}

// rewordText stands before the command that sends reworded prompts, and tries again what failed
// otherwise.
func rewordText(refused int) string { return term.Amount(refused, "refused prompt") + ", then: " }

// record is the summary as --progress json tells it.
func (s summary) record() term.SummaryRecord {
	r := term.SummaryRecord{Type: "summary", Time: time.Now().UTC(), ExitCode: int(s.code),
		Counters: term.CountersOf(s.progress),
		Missing:  s.missing, Seconds: s.took.Seconds(),
		Spent: s.progress.Spent.String(), Total: (s.before + s.progress.Spent).String(), Files: s.reports, Rehearsal: s.rehearsal,
		Refused: term.RefusalRecords(s.progress.Refused)}
	if s.err != nil {
		r.Error = term.Plain(s.err.Error())
	}
	for _, o := range s.orphans {
		r.Orphans = append(r.Orphans, term.OrphanRecord{
			Task: o.Task, Model: o.Model, Created: term.Timestamp(o.Created),
			Cost: o.Cost.String()})
	}
	if r.Files == nil {
		r.Files = []string{}
	}
	return r
}

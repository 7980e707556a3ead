package cli

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"unicode"

	"github.com/qwenbatch/qwenbatch/batch"
	"github.com/qwenbatch/qwenbatch/cli/term"
	"github.com/qwenbatch/qwenbatch/output"
)

// This file is what GitHub shows on the page of a workflow run: Markdown that every step may
// append to the file that GITHUB_STEP_SUMMARY names.

const (
	// stepSummaryLimit is what GitHub takes of a step; more is refused as a whole
	// (docs.github.com, "Workflow commands", 2026-11).
	stepSummaryLimit = 1 << 20
	// stepSummaryRows is how many items that want a person are listed.
	stepSummaryRows = 20
)

// appendText adds to a file, or leaves it as it is where that would take it over the limit.
func appendText(file, text string, limit int64) error {
	info, err := os.Stat(file)
	switch {
	// to open a pipe that nobody reads would wait for ever
	case err == nil && !info.Mode().IsRegular():
		return errors.New("GITHUB_STEP_SUMMARY names no file")
	case err == nil && info.Size()+int64(len(text)) > limit:
		return errors.New("GITHUB_STEP_SUMMARY is full")
	}
	f, err := os.OpenFile(file, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
	if err != nil {
		return err
	}
	_, err = f.WriteString(text)
	return errors.Join(err, f.Close())
}

// markdown is the summary as GitHub shows it.
func (s summary) markdown(manifest string, b *batch.Batch, advice map[string]string) string {
	var t strings.Builder
	fmt.Fprintf(&t, "### %s: %s of %s done\n\n", markdown(filepath.Base(manifest)),
		term.Number(s.progress.Done), term.Amount(s.items, "item"))
	if s.rehearsal {
		t.WriteString("A rehearsal: free.\n\n")
	}
	if s.err != nil {
		fmt.Fprintf(&t, "**%s**\n\n", markdown(term.Short(explain(s.err).text, 400)))
	} else if s.code == codeLimit {
		t.WriteString("**Stopped by its own limit; the next run goes on.**\n\n")
	}
	s.tableTo(&t)
	s.problemsTo(&t, b, advice)
	if s.progress.Open+s.progress.Pending > 0 {
		fmt.Fprintf(&t, "To go on: %s\n\n", s.noted("<code>"+markdown(s.again)+"</code>"))
	}
	return t.String()
}

func (s summary) tableTo(t *strings.Builder) {
	p, took := s.progress, "0 s"
	if s.took > 0 {
		took = term.Span(s.took)
	}
	cells := [][2]string{{"done", term.Number(p.Done)}, {"failed", term.Number(p.Failed)},
		{"held", term.Number(p.Held)}, {"missing", term.Number(s.missing)},
		{"open", term.Number(p.Open)}, {"not sent", term.Number(p.Pending)}, {
			"money", markdown(s.money())}, {"time", took}}
	var heads, rule, values []string
	for _, c := range cells {
		heads, rule, values = append(heads, c[0]), append(rule, "--:"), append(values, c[1])
	}
	for _, row := range [][]string{heads, rule, values} {
		fmt.Fprintf(t, "| %s |\n", strings.Join(row, " | "))
	}
	t.WriteByte('\n')
}

// problemsTo lists the first items that want a person. Its error is the manifest's or the state
// file's, which the run tells.
func (s summary) problemsTo(t *strings.Builder, b *batch.Batch, advice map[string]string) {
	if s.progress.Failed+s.progress.Held+s.missing == 0 {
		return
	}
	t.WriteString("| row | item | status | reason | what to do |\n|--:|---|---|---|---|\n")
	shown := 0
	for f, err := range b.View().Failures() {
		if shown == stepSummaryRows || err != nil {
			break
		}
		shown++
		name := f.ID
		if name == "" {
			name = f.Key
		}
		fmt.Fprintf(t, "| %d | %s | %s | %s | %s |\n", f.Row, markdown(term.Short(name, 60)),
			f.Status, markdown(term.Short(term.ReasonOf(f.Code, f.Message), 200)),
			markdown(cmp.Or(advice[output.AdviceKey(f.Status, f.Code)],
				advice[f.Status])))
	}
	t.WriteByte('\n')
	if more := s.progress.Failed + s.progress.Held + s.missing - shown; more > 0 {
		fmt.Fprintf(t, "… and %s more: results.csv has them all.\n\n", term.Number(more))
	}
}

// markdown is a text from outside on one line that means nothing to Markdown and HTML: what is
// no letter, no digit and not one of a few signs is written as a reference, which both show as
// the sign and never read as a mark.
func markdown(s string) string {
	var b strings.Builder
	for _, r := range term.Line(s) {
		if r > unicode.MaxASCII || unicode.IsLetter(r) || unicode.IsDigit(r) ||
			strings.ContainsRune(" ,;%+='?/()-", r) {
			b.WriteRune(r)
			continue
		}
		fmt.Fprintf(&b, "&#%d;", r)
	}
	return b.String()
}

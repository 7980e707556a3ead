package cli

import (
	"context"
	"errors"
	"time"

	"github.com/qwenbatch/qwenbatch/batch"
	"github.com/qwenbatch/qwenbatch/batch/halt"
	"github.com/qwenbatch/qwenbatch/cli/term"
)

// work announces a run, runs it until a signal comes, and reports how it ended.
func (j *job) work(ctx context.Context, options batch.Options) error {
	o := newEstimate(j.plan, j.f.limit)
	o.manifest, o.folder, o.rehearsal, o.speed = j.manifest, j.folder, j.f.rehearse, j.f.speed
	if b := j.f.budget; b > 0 && b < j.plan.Spent+o.cost {
		o.budget = b
	}
	for _, note := range repetitions(j.plan) {
		j.screen.Print(note) // also with --quiet: it is paid for
	}
	j.screen.Say("%s", o)
	ctx, forget := untilSignal(ctx, j.stopping)
	defer forget()
	if o.cost > confirmAbove && !j.f.yes && !j.f.rehearse && term.IsTerminal(j.p.stdin) &&
		term.IsTerminal(j.p.stderr) {
		if err := j.p.confirm(ctx); err != nil {
			return err
		}
	}
	if j.f.rehearse {
		if err := j.stage.start(j.folder, j.f.speed); err != nil {
			return err
		}
		defer j.stage.close()
	}
	j.begin(o)
	started := time.Now()
	stopPage := j.startPage(ctx, options)
	err := j.watch.ShowWhile(func() error { return j.batch.Run(ctx) })
	stopPage()
	s := j.summary(j.batch.Progress())
	s.took = time.Since(started)
	s.code, s.err = j.outcome(ctx, err, s) // before the thumbnails, which a signal may stop
	s.again, s.note = j.goOn(err, s.progress)
	if err == nil || errors.Is(err, halt.ErrLimit) {
		s.unthumbed = !j.thumbs(ctx)
	}
	if s.code == codeLimit {
		j.screen.Say("%s", term.Line(err.Error()))
	}
	reports, reportErr := j.report(ctx)
	s.reports = reports
	return j.close(s, reportErr)
}

// thumbsTimeout bounds how long the end of a run waits for thumbnails.
const thumbsTimeout = 5 * time.Second

// thumbs makes the missing thumbnails, and reports whether all that are wanted exist. The page
// works without them, so that its errors change no exit code.
func (j *job) thumbs(ctx context.Context) (all bool) {
	if !j.f.thumbs || ctx.Err() != nil {
		return true
	}
	ctx, cancel := context.WithTimeout(ctx, thumbsTimeout)
	defer cancel()
	return j.batch.View().Thumbs(ctx, nil) == nil
}

// report writes the reports. It says so where they take long, since a run that seems to hang is
// killed.
func (j *job) report(ctx context.Context) ([]string, error) {
	slow := time.AfterFunc(2*time.Second, func() { j.screen.Say("writing the reports") })
	defer slow.Stop()
	return j.batch.View().Write(ctx)
}

// begin sets up the view of the run.
func (j *job) begin(o estimate) {
	first := j.watch.Begin(j.batch.Progress, term.Workload{
		Total: o.items, Due: j.due(), Work: o.requests + o.open, Planned: o.wallTime(),
		Quiet: o.quiet(), Before: j.plan.Spent - j.plan.SpentGone})
	first.Done, first.Failed, first.Held = j.plan.Done, j.plan.Failed, j.plan.Held
	j.watch.Show(j.view(o, first))
}

// due is the number of items that the plan takes to their end, whatever --limit says.
func (j *job) due() int {
	n := j.plan.Open + j.plan.Doubt
	for _, m := range j.plan.Models {
		n += m.Requests
	}
	return n
}

// view chooses how the run is shown.
func (j *job) view(o estimate, first term.ProgressState) term.View {
	switch kind := j.f.progress; {
	case j.records != nil:
		j.records.Write(o.record())
		return *j.records
	case kind == "none" || j.f.quiet:
		return term.SilentView{}
	case kind == "bar" || kind == "auto" && term.IsTerminal(j.p.stderr):
		return term.NewBarView(j.screen, j.p.colours(), first)
	}
	return &term.PlainView{Screen: j.screen}
}

// stopping answers the first signal.
func (j *job) stopping(why stopSignal) {
	j.screen.Rewind()
	j.screen.Say("%s: finishing what is on its way; again: leave at once", why.name())
}

// outcome is the exit code of a run. Where several apply, the precedence is: signal, 1, 4, 3, 0.
func (j *job) outcome(ctx context.Context, err error, s summary) (exitCode, error) {
	var stop stopSignal
	switch {
	case err != nil && errors.As(context.Cause(ctx), &stop):
		if errors.Is(err, context.Canceled) {
			err = nil
		}
		return stop.code(), err
	case errors.Is(err, halt.ErrLimit) && alone(err):
		return codeLimit, nil
	case err != nil:
		return explain(err).code, err
	}
	code := s.standingCode()
	if s.progress.Open+s.progress.Pending > 0 {
		err = leftOpen(s.progress)
	}
	return code, err
}

// leftOpen is the error about items that are left by a run which nothing has stopped.
func leftOpen(p batch.Progress) error {
	if p.Open > 0 {
		return &mistake{text: "left open: " + term.Amount(p.Open, "item") +
			term.UnfetchedText(p.Unfetched),
			hint: "the same command goes on and fetches what is there; the service keeps " +
				"pictures for 24 hours", code: summary{progress: p}.standingCode()}
	}
	return &mistake{text: "left out: " + term.Amount(p.Pending, "item") +
		" whose submissions never arrived, again and again",
		hint: "qwenbatch doctor looks at the way to the service; then the same command goes on",
		code: codeStopped}
}

// alone reports whether an error is joined with no other.
func alone(err error) bool {
	several, ok := err.(interface{ Unwrap() []error })
	return !ok || len(several.Unwrap()) == 1
}

// standingCode is the exit code of a run that nothing has stopped, by its counts.
func (s summary) standingCode() exitCode {
	p := s.progress
	switch {
	case p.Pending > 0:
		return codeStopped
	case p.Open+p.Failed+p.Held+s.missing > 0:
		return codeItems
	}
	return 0
}

// summary counts what a run has left. Where it has not come as far as counting its items, the
// counts of the plan hold.
func (j *job) summary(p batch.Progress) summary {
	missing := j.plan.Missing
	if term.Counted(p) {
		missing = j.batch.Missing()
		p.Done -= missing
	} else {
		p.Done, p.Failed, p.Held = j.plan.Done+j.plan.Abandoned, j.plan.Failed, j.plan.Held
		p.Open, p.Pending = j.plan.Open+j.plan.Doubt,
			j.plan.New+j.plan.Changed+j.plan.Ready+j.plan.Again
	}
	s := summary{progress: p, missing: missing, items: j.plan.Items - j.plan.Skipped,
		abandoned: j.plan.Abandoned, before: j.plan.Spent, folder: j.folder,
		gone: j.plan.Gone, goneSpent: j.plan.SpentGone,
		rehearsal: j.f.rehearse,
		again:     j.again(), fresh: j.fresh(), original: j.original(), status: j.status(),
		report: j.about("report"), retried: j.f.retry, reworded: j.reworded(),
		orphans: j.batch.Orphans(), audit: j.about("audit")}
	if p.Failed > 0 {
		s.reasons = failuresByCode(j.batch)
	}
	return s
}

// close prints the summary and the errors, and returns the exit code.
func (j *job) close(s summary, reportErr error) error {
	junitErr := writeJUnit(j.junit, j.batch, adviceOf(j.batch, s.fresh, j.about))
	if (reportErr != nil || junitErr != nil) && s.code < codeStopped {
		s.code = codeStopped
	}
	if j.records != nil {
		j.records.Write(s.record())
	}
	told := map[complaint]bool{} // a full disk stops more than one thing
	for _, err := range []error{s.err, reportErr, junitErr} {
		if err == nil {
			continue
		}
		if c := explain(err); !told[c] {
			told[c] = true
			j.p.complain(c)
		}
	}
	j.tellGitHub(s)
	if j.f.quiet {
		j.screen.Print(s.oneLine())
	}
	for _, l := range s.lines() {
		j.screen.Say("%s", l)
	}
	j.endRedo(s.code)
	j.f.after.ended = &s
	if s.code == 0 {
		return nil
	}
	return s.code
}

// endRedo makes the next --redo of the same names a new wish: all that this one asked for has
// been told.
func (j *job) endRedo(code exitCode) {
	if code != 0 && code != codeItems {
		return
	}
	if err := j.batch.EndRedo(); err != nil {
		j.p.warn("the next run with this --redo finds its items made already: " + err.Error())
	}
}

// tellGitHub appends the summary where GitHub wants one. An error is printed and fails nothing.
func (j *job) tellGitHub(s summary) {
	file, _ := j.p.env("GITHUB_STEP_SUMMARY")
	if file == "" {
		return
	}
	text := s.markdown(j.manifest, j.batch, adviceOf(j.batch, s.fresh, j.about))
	if err := appendText(file, text, stepSummaryLimit); err != nil {
		j.screen.Say("the summary for GitHub was not written: %v", err)
	}
}

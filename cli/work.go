package cli

import (
	"context"
	"errors"
	"time"

	"github.com/qwenbatch/qwenbatch/batch"
)

// work announces a run, runs it under signals, and tells how it ended.
func (j *job) work(ctx context.Context) error {
	o := newOpening(j.plan, j.f.limit)
	o.manifest, o.folder, o.rehearsal, o.speed = j.manifest, j.folder, j.f.rehearse, j.f.speed
	j.screen.say("%s", o)
	ctx, forget := untilSignal(ctx, j.stopping)
	defer forget()
	if o.cost > asked && !j.f.yes && !j.f.rehearse && isTerminal(j.p.stdin) && isTerminal(j.p.stderr) {
		if err := j.p.confirm(ctx, o); err != nil {
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
	err := j.watch.during(func() error { return j.batch.Run(ctx) })
	s := j.summary(j.batch.Progress())
	s.took = time.Since(started)
	s.code, s.err = j.outcome(ctx, err, s.progress)
	reports, reportErr := j.batch.Report()
	s.reports = reports
	return j.close(s, reportErr)
}

// begin sets up what shows the run.
func (j *job) begin(o opening) {
	now := time.Now()
	j.watch.progress = j.batch.Progress
	j.watch.total = o.items
	j.watch.due = j.due()
	j.watch.forecast = forecast{planned: o.here(), work: o.requests + o.open, start: now}
	first := j.watch.stand(now)
	first.Done, first.Failed, first.Held = j.plan.Done, j.plan.Failed, j.plan.Held
	j.watch.set(j.view(o, first))
}

// due is how many items the plan wants taken to their end, whatever --limit says.
func (j *job) due() int {
	n := j.plan.Open + j.plan.Doubt
	for _, m := range j.plan.Models {
		n += m.Requests
	}
	return n
}

// view is how the run is shown.
func (j *job) view(o opening, first standing) view {
	switch kind := j.f.progress; {
	case kind == "json":
		j.records = &jsonView{w: j.p.stdout}
		j.records.start(o)
		return *j.records
	case kind == "none" || j.f.quiet:
		return silentView{}
	case kind == "bar" || kind == "auto" && isTerminal(j.p.stderr):
		return newBarView(j.screen, j.p.colours(), first)
	}
	return &plainView{screen: j.screen}
}

// stopping answers the first signal.
func (j *job) stopping(why stopSignal) {
	j.screen.rewind()
	j.screen.say("%s: finishing what is on its way; again: leave at once", why.name())
}

// set puts a view up.
func (w *watch) set(v view) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.view = v
}

// outcome is the exit code of a run. Where several hold: signal, 1, 4, 3, 0.
func (j *job) outcome(ctx context.Context, err error, p batch.Progress) (exitCode, error) {
	var stop stopSignal
	switch {
	case err != nil && errors.As(context.Cause(ctx), &stop):
		if errors.Is(err, context.Canceled) {
			err = nil
		}
		return stop.code(), err
	case err != nil:
		return explain(err).code, err
	}
	code := j.standingCode(p)
	if code == codeStopped {
		err = &mistake{text: number(p.Open+p.Pending) + " items were left out: the service takes no more requests of their model",
			hint: "the reason is above; qwenbatch models lists others for --model", code: codeStopped}
	}
	return code, err
}

// standingCode is the exit code of a run that nothing has stopped.
func (j *job) standingCode(p batch.Progress) exitCode {
	switch {
	case p.Open+p.Pending > 0 && j.f.limit > 0:
		return codeLimit
	case p.Open+p.Pending > 0:
		return codeStopped
	case p.Failed+p.Held > 0:
		return codeItems
	}
	return 0
}

// summary takes what stands; where the run has not come as far as to count its items, the plan's counts hold.
func (j *job) summary(p batch.Progress) summary {
	if !counted(p) {
		p.Done, p.Failed, p.Held = j.plan.Done+j.plan.Abandoned, j.plan.Failed, j.plan.Held
		p.Open, p.Pending = j.plan.Open+j.plan.Doubt, j.plan.New+j.plan.Changed+j.plan.Ready
	}
	s := summary{progress: p, items: j.plan.Items - j.plan.Skipped, before: j.plan.Spent, folder: j.folder, rehearsal: j.f.rehearse,
		again: j.again(), original: j.original(), status: j.status(), retried: j.f.retry}
	if p.Failed > 0 {
		s.reasons = map[string]int{}
		for f, err := range j.batch.Failures() {
			if err == nil && f.Status == "failed" {
				s.reasons[f.Code]++
			}
		}
	}
	return s
}

// close prints the summary and what went wrong, and gives the exit code.
func (j *job) close(s summary, reportErr error) error {
	if reportErr != nil && s.code < codeStopped {
		s.code = codeStopped
	}
	if j.records != nil {
		j.records.summary(s)
	}
	if s.err != nil {
		j.p.complain(explain(s.err))
	}
	if reportErr != nil {
		j.p.complain(explain(reportErr))
	}
	if j.f.quiet {
		j.screen.print(s.oneLine())
	}
	for _, l := range s.lines() {
		j.screen.say("%s", l)
	}
	if s.code == 0 {
		return nil
	}
	return s.code
}

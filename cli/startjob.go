package cli

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"sync/atomic"
	"time"

	"github.com/qwenbatch/qwenbatch/batch"
	"github.com/qwenbatch/qwenbatch/batch/state"
	"github.com/qwenbatch/qwenbatch/cli/term"
	"github.com/qwenbatch/qwenbatch/client"
)

// run takes a manifest as far as it comes. Nothing is created on the disk before the manifest is
// known to be right; where there is a batch already, the rows are checked while that is read.
func (p *program) run(ctx context.Context, f *runFlags, settings state.Settings,
	name string) error {
	if err := stdinFolder(name, f.out); err != nil {
		return err
	}
	folder := folderOf(f.out, name, f.rehearse)
	f.rules.Live, f.inputs = readLive(folder, settings.BaseURL).Models, readInputs(folder)
	f.priceRegion = settings.Region
	m, err := f.open(p, name)
	if err != nil {
		return err
	}
	defer m.Close()
	if !hasState(folder) {
		if _, err := m.index(); err != nil {
			return err
		}
	}
	err = p.runManifest(ctx, f, settings, m, name)
	if _, mistakes := m.index(); mistakes != nil {
		return mistakes // whatever else is wrong
	}
	return err
}

// runManifest is run of an open manifest.
func (p *program) runManifest(ctx context.Context, f *runFlags, settings state.Settings,
	m *checkedManifest, name string) error {
	settings.Manifest, settings.Mode, settings.Encoding = m.Name(), f.rules.Mode, m.Encoding()
	key, err := f.key(p, p.warn)
	if err != nil && !f.rehearse {
		return err
	}
	j := &job{p: p, f: f, manifest: name, checked: m,
		folder: folderOf(f.out, name, f.rehearse),
		screen: &term.Screen{Rehearsal: f.rehearse, Quiet: f.quiet, Stderr: p.stderr,
			Columns: term.ColumnsOf(p.stderr)}}
	if f.progress == "json" {
		j.records = &term.JSONView{W: p.stdout}
	}
	if err := notItsReport(name, j.folder); err != nil {
		return err
	}
	options := batch.Options{Manifest: m.Manifest, Index: m.index, Settings: settings,
		Rules: f.rules, Key: key}
	j.looked = !hasState(j.folder)
	if j.looked && !hasTraces(j.folder) && j.search(options).beside {
		err := j.search(options).find(m.index)
		if err != nil {
			return err
		}
	}
	if key.IsZero() && !f.rehearse && !hasState(j.folder) {
		return noKey()
	}
	caller, err := j.caller(settings, key)
	if err != nil {
		return err
	}
	defer caller.Close()
	dir, lock, err := p.takeFolder(j.folder)
	if err != nil {
		return err
	}
	defer dir.Close()
	defer lock.Release()
	j.disk = dir
	if j.junit, err = openJUnit(f.junit); err != nil {
		return err
	}
	defer j.junit.close()
	options.Disk, options.Client = dir, caller
	return j.open(ctx, options)
}

// open joins manifest and state file, and decides whether there is anything to do.
func (j *job) open(ctx context.Context, o batch.Options) (err error) {
	f := j.f
	j.complete(&o)
	if f.rehearse {
		o.Speed, o.Key = f.speed, client.Key{}
	} else if cache, err := openCache(); err != nil {
		o.Log.Warn("no folder for what the batches of this account must tell each other", "cause",
			err)
	} else {
		defer cache.Close()
		o.Cache = cache
	}
	if j.batch, err = openBatch(o, j.folder, j.again()); err != nil {
		return err
	}
	defer j.batch.Close()
	tellReading(j.checked.totals, j.screen.Print) // also with --quiet: it may be paid for
	if trace := j.batch.Lost(); trace != "" && !f.restored {
		j.p.warn(
			fmt.Sprintf(
				"%s is gone, and %s shows that it was there: this run looks for what is paid, "+
					"as with --restored",
				filepath.Join(j.folder, "state.jsonl"), filepath.Join(j.folder, trace)))
	}
	if j.plan, err = j.batch.Plan(); err != nil {
		return err
	}
	if err := keepInputs(j.disk, f.inputs); err != nil {
		o.Log.Debug("what is known of the photos is not kept", "cause", err)
	}
	for _, note := range redoNotes(j.plan.Redo, j.about("resolve")) {
		j.screen.Say("%s", note)
	}
	rereading := reread(j.batch, o.Manifest, j.plan)
	var wrongFolder error
	if rereading == nil && !j.looked {
		wrongFolder = j.search(o).rightFolder(j.batch, j.plan)
	}
	switch {
	case j.plan.Idle():
		return j.idle(ctx)
	case rereading != nil:
		return rereading
	case wrongFolder != nil:
		return wrongFolder
	case j.plan.Much() && !f.accept:
		return tooMuch(j.plan)
	case o.Key.IsZero() && !f.rehearse:
		return noKey()
	}
	if err := j.refreshLive(ctx, o); err != nil {
		return err
	}
	if err := f.check(j.plan); err != nil {
		return err
	}
	return j.work(ctx, o)
}

// complete sets the options that the flags give.
func (j *job) complete(o *batch.Options) {
	f := j.f
	o.Rules, o.Tool, o.Tell = f.rules, version(), j.watch.Observe
	o.Log = slog.New(&blockedHints{Handler: j.screen.Logger(f.logLevel, f.logFormat).Handler(),
		say: j.screen.Say, told: new(atomic.Bool)})
	o.SubmitRate, o.QueryRate = f.submit.limit, f.query.limit
	o.Window, o.Limit, o.Grace = f.window, f.limit, f.grace
	o.RetryFailed, o.AcceptChanges = f.retry, f.accept
	o.Thumbs, o.Workbook, o.Restored = f.thumbs, f.workbook, f.restored
	o.Redo, o.Hasty = f.redo, true
	f.apply(o)
}

// tooMuch refuses a run that would pay for much that is finished.
func tooMuch(p batch.Plan) error {
	return &mistake{
		text: fmt.Sprintf(
			"%s of %s finished pictures would be made and paid anew, since what the manifest or "+
				"the flags say of them has changed; this run would cost %s",
			term.Number(p.Anew), term.Number(p.Finished), term.Yuan(p.Cost)),
		hint: "is it the right manifest, with the flags of the last run (--model, --size, …)? " +
			"--accept-changes goes on; the older pictures are kept in images/replaced"}
}

// idle ends a run that has nothing to do, without a request to the service.
func (j *job) idle(ctx context.Context) error {
	s := j.summary(batch.Progress{})
	if s.code = s.standingCode(); s.progress.Done == s.items {
		j.screen.Say("nothing to do: all %s done%s", term.Amount(s.items, "item"),
			s.givenUp(" or abandoned"))
	} else {
		j.screen.Say("nothing to do")
	}
	// Other flags than those of the last run may be about the reports: from here on the state
	// file is newer than these, so that a run which is killed before they are written leaves
	// them to the next.
	_, err := j.batch.NoteSettings()
	if err == nil && j.reportStale() {
		s.unthumbed = !j.thumbs(ctx)
		s.reports, err = j.report(ctx)
	}
	return j.close(s, err)
}

// reportStale reports whether a report is missing, is older than the state file or the manifest,
// or differs about pictures that are gone or edited: a run that was killed between its last
// picture and its reports leaves them stale, and pictures come and go without a line in the
// state file.
func (j *job) reportStale() bool {
	if j.batch.View().Differ() {
		return true
	}
	var newest time.Time
	if info, err := j.disk.Lstat("state.jsonl"); err == nil {
		newest = info.ModTime()
	}
	if info, err := os.Stat(j.manifest); err == nil && info.ModTime().After(newest) {
		newest = info.ModTime()
	}
	for _, name := range j.batch.View().Names() {
		if info, err := j.disk.Lstat(name); err != nil || info.ModTime().Before(newest) {
			return true
		}
	}
	return false
}

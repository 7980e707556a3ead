package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"github.com/qwenbatch/qwenbatch/batch"
	"github.com/qwenbatch/qwenbatch/cli/term"
	"github.com/qwenbatch/qwenbatch/client"
	"github.com/qwenbatch/qwenbatch/output/durable"
)

// runFlags are the flags of run.
type runFlags struct {
	*manifestFlags
	*serviceFlags
	limitFlags
	reportFlags
	out                 string
	submit, query       rateFlag
	window, limit       int
	retry, accept, yes  bool
	redo                []string
	grace               time.Duration
	progress            string
	logLevel, logFormat string
	quiet               bool
	restored            bool
}

func (p *program) runCommand() *cobra.Command {
	f := &runFlags{manifestFlags: newManifestFlags(), serviceFlags: newServiceFlags(), limitFlags: limitFlags{onDoubt: "hold"}, reportFlags: reportFlags{thumbs: true}, progress: "auto", logLevel: "info", logFormat: "text"}
	cmd := &cobra.Command{
		Use:   "run MANIFEST",
		Short: "Make the pictures of a manifest, or go on with it",
		Long: `Make the pictures of a manifest, or go on where an earlier run stopped. Every
mistake in the manifest is listed before anything is sent. What is finished is
never paid again; the same command goes on after Ctrl-C, a crash or a failure.

Exit codes: 0 every item is done; 1 could not go on; 2 usage or manifest wrong,
nothing was sent; 3 some items failed or are held; 4 stopped by its own limit;
75 another run holds this batch; 129, 130, 143 ended by a signal.`,
		Example: `  qwenbatch run prompts.yaml --rehearse
  qwenbatch run prompts.csv --size 16:9 --limit 3
  qwenbatch run prompts.csv --yes --progress plain >>run.log 2>&1`,
		Args: oneManifest, ValidArgsFunction: completeManifest,
	}
	main := newGroup("Running")
	main.flags.VarP(textFlag{&f.out, "DIR"}, "out", "o", outHelp)
	f.rehearseFlags(main)
	main.flags.Var(countFlag{&f.limit}, "limit", "only the first N items that are not done; 0 is all")
	main.flags.BoolVar(&f.retry, "retry-failed", false, "try items again that failed for good")
	redoFlag(main, &f.redo)
	main.flags.BoolVar(&f.accept, "accept-changes", false, "go on although many finished pictures would be paid anew, since their rows have changed")
	main.flags.BoolVar(&f.restored, "restored", false, "the output folder was put back from a copy, or lost: look in the task list for what it does not know, before anything is sent")
	main.flags.BoolVarP(&f.yes, "yes", "y", false, "do not ask, as a run of more than ¥10 does on a terminal")
	main.flags.DurationVar(&f.grace, "grace", 0, "how long Ctrl-C waits for answers that are on their way (default 3s, for synchronous ones 1m)")
	told := newGroup("Reports")
	f.reportFlags.addTo(told)
	tempo := newGroup("Pace")
	f.manifestFlags.modeFlag(tempo)
	tempo.flags.Var(&f.submit, "submit-rate", "submissions, as 2/s or 8/m; 0 is unlimited (default the model's documented quota)")
	tempo.flags.Var(&f.query, "query-rate", "questions about tasks, all together; 0 is unlimited (default 16/s)")
	tempo.flags.Var(countFlag{&f.window}, "window", "tasks held open at the service at most; 0 takes what suits the model")
	where := f.serviceGroup()
	f.keyFlags(where)
	shown := newGroup("Screen")
	shown.flags.Var(choiceFlag{&f.progress, []string{"auto", "bar", "plain", "json", "none"}}, "progress", "auto is a bar on a terminal and a line every 10 s elsewhere (plain); json is lines on stdout for programs")
	shown.flags.Var(choiceFlag{&f.logLevel, []string{"debug", "info", "warn", "error"}}, "log-level", "diagnostics on stderr, from this level on")
	shown.flags.Var(choiceFlag{&f.logFormat, []string{"text", "json"}}, "log-format", "form of the diagnostics")
	shown.flags.BoolVarP(&f.quiet, "quiet", "q", false, "only the final line, errors, and warnings about the manifest")
	p.flags(cmd, main, f.pictureGroup(), f.readingGroup(), f.limitGroup(), told, tempo, where, shown)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		settings, err := f.settle(p, cmd.Flags(), nil)
		if err != nil {
			return err
		}
		settings.Flags = remembered(cmd.Flags())
		if f.quiet && !cmd.Flags().Changed("log-level") {
			f.logLevel = "error"
		}
		return p.run(cmd.Context(), f, settings, args[0])
	}
	return cmd
}

// A job is one run of a batch, from its plan to its summary.
type job struct {
	p        *program
	f        *runFlags
	screen   *term.Screen
	manifest string // path
	folder   string
	disk     durable.Disk
	stage    rehearsalServer
	batch    *batch.Batch
	plan     batch.Plan
	watch    term.Watch
	records  *term.JSONView // with --progress json
	junit    *junitFile
}

// run takes a manifest as far as it comes. Nothing is made on disk before the manifest is known to be right.
func (p *program) run(ctx context.Context, f *runFlags, settings batch.Settings, name string) error {
	m, totals, err := f.open(name)
	if err != nil {
		return err
	}
	defer m.Close()
	settings.Manifest, settings.Mode = m.Name(), f.rules.Mode
	key, err := f.key(p, p.warn)
	if err != nil && !f.rehearse {
		return err
	}
	j := &job{p: p, f: f, manifest: name, folder: folderOf(f.out, name, f.rehearse),
		screen: &term.Screen{Rehearsal: f.rehearse, Quiet: f.quiet, Stderr: p.stderr, Columns: term.ColumnsOf(p.stderr)}}
	if f.progress == "json" {
		j.records = &term.JSONView{W: p.stdout}
	}
	if err := notItsReport(name, j.folder); err != nil {
		return err
	}
	if key.IsZero() && !f.rehearse && !hasState(j.folder) {
		return noKey()
	}
	caller, err := j.caller(settings, key)
	if err != nil {
		return err
	}
	defer caller.Close()
	for _, w := range onceEach(totals.Warnings) {
		j.screen.Print(w.Error()) // also with --quiet: it may be paid for
	}
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
	return j.open(ctx, batch.Options{Manifest: m, Disk: dir, Client: caller, Settings: settings, Key: key})
}

// caller is the client of the service, or of the rehearsal. It sends nothing yet.
func (j *job) caller(settings batch.Settings, key client.Key) (*client.Client, error) {
	config := j.f.config(settings, key)
	if j.f.rehearse {
		config = j.stage.config()
	}
	return newClient(config)
}

// hasState reports whether a batch was begun in a folder.
func hasState(folder string) bool {
	dir, err := readFolder(folder)
	if err != nil || dir == nil {
		return false
	}
	defer dir.Close()
	_, err = dir.Lstat("state.jsonl")
	return err == nil
}

// open joins manifest and state, and decides whether there is anything to do.
func (j *job) open(ctx context.Context, o batch.Options) (err error) {
	f := j.f
	o.Rules, o.Tool, o.Tell, o.Log = f.rules, version(), j.watch.Observe, j.screen.Logger(f.logLevel, f.logFormat)
	o.SubmitRate, o.QueryRate, o.Window, o.Limit, o.Grace = f.submit.limit, f.query.limit, f.window, f.limit, f.grace
	o.RetryFailed, o.AcceptChanges = f.retry, f.accept
	o.Thumbs, o.Workbook, o.Restored = f.thumbs, f.workbook, f.restored
	o.Redo, o.Hasty = f.redo, true
	f.apply(&o)
	if f.rehearse {
		o.Speed, o.Key = f.speed, client.Key{}
	} else if cache, err := openCache(); err != nil {
		o.Log.Warn("no folder for what the batches of this account must tell each other", "cause", err)
	} else {
		defer cache.Close()
		o.Cache = cache
	}
	if j.batch, err = batch.Open(o); err != nil {
		return unknownItem(otherBatch(j.folder, j.disk, f.rehearse, err, j.again()), o.Manifest)
	}
	defer j.batch.Close()
	if trace := j.batch.Lost(); trace != "" && !f.restored {
		j.p.warn(fmt.Sprintf("%s is gone, and %s shows that it was there: this run looks for what is paid, as with --restored",
			filepath.Join(j.folder, "state.jsonl"), filepath.Join(j.folder, trace)))
	}
	if j.plan, err = j.batch.Plan(); err != nil {
		return err
	}
	for _, note := range redoNotes(j.plan.Redo, j.about("resolve")) {
		j.screen.Say("%s", note)
	}
	switch {
	case j.plan.Idle():
		return j.idle(ctx)
	case j.plan.Much() && !f.accept:
		return tooMuch(j.plan)
	case o.Key.IsZero() && !f.rehearse:
		return noKey()
	}
	if err := f.check(j.plan); err != nil {
		return err
	}
	return j.work(ctx)
}

// otherBatch says where a state file is damaged, or which flag leads to the batch that a folder holds. Run is the command
// that goes on with the batch.
func otherBatch(folder string, disk durable.Disk, rehearse bool, err error, run string) error {
	var damage *batch.DamageError
	if errors.As(err, &damage) {
		in := batch.DamageError{File: filepath.Join(folder, damage.File), Line: damage.Line, Reason: damage.Reason}
		return &mistake{text: in.Error(), hint: damagedHint(run), code: codeStopped}
	}
	recorded, found, readErr := batch.ReadSettings(disk)
	if !errors.Is(err, batch.ErrOther) || !found || readErr != nil {
		return err
	}
	m := &mistake{text: fmt.Sprintf("%s: %v", folder, err), hint: "use the key that it belongs to: in another output folder everything would be paid again"}
	switch {
	case recorded.Rehearsal && !rehearse:
		m.hint = "add --rehearse to go on with it; a real run wants a folder of its own: --out DIR"
	case !recorded.Rehearsal && rehearse:
		m.hint = "leave --rehearse out to go on with it; a rehearsal in another folder, --out DIR, is free, too"
	case !recorded.Rehearsal && !rehearse:
		m.hint = fmt.Sprintf("--base-url %s goes on with it; in another output folder (--out DIR) everything would be made and paid again", term.ShellQuote(recorded.BaseURL))
		if r, ok := client.LookupRegion(recorded.Region); ok && r.BaseURL(recorded.Workspace) == recorded.BaseURL {
			m.hint = fmt.Sprintf("--region %s goes on with it; in another output folder (--out DIR) everything would be made and paid again", r.Name)
		}
	}
	return m
}

// damagedHint is what to do about a damaged state file.
func damagedHint(run string) string {
	return "nothing was sent. It says what is paid for: do not delete it. " + run + " --restored keeps what is whole of it, and looks for the rest in the pictures and in the account's task list of the last 24 hours, which has no synchronous requests"
}

// tooMuch refuses a run that would pay for much that is finished.
func tooMuch(p batch.Plan) error {
	return &mistake{
		text: fmt.Sprintf("%s of %s finished pictures would be made and paid anew, since what the manifest or the flags say of them has changed; this run would cost %s",
			term.Number(p.Anew), term.Number(p.Finished), term.Yuan(p.Cost)),
		hint: "is it the right manifest, with the flags of the last run (--model, --size, …)? --accept-changes goes on; the older pictures are kept in images/replaced"}
}

// idle ends a run that has nothing to do, without a word to the service.
func (j *job) idle(ctx context.Context) error {
	s := j.summary(batch.Progress{})
	if s.code = s.standingCode(); s.progress.Done == s.items {
		j.screen.Say("nothing to do: all %s done%s", term.Amount(s.items, "item"), s.givenUp(" or abandoned"))
	} else {
		j.screen.Say("nothing to do")
	}
	var err error
	if j.reportStale() {
		s.unthumbed = !j.thumbs(ctx)
		s.reports, err = j.report(ctx)
	}
	return j.close(s, err)
}

// reportStale tells whether a report is not there, is older than the state file or the manifest, or says something else of
// pictures that are gone or edited: a run that was killed between its last picture and its reports leaves them as they
// were, and pictures come and go without a word to the state file.
func (j *job) reportStale() bool {
	if j.batch.ReportsDiffer() {
		return true
	}
	var newest time.Time
	if info, err := j.disk.Lstat("state.jsonl"); err == nil {
		newest = info.ModTime()
	}
	if info, err := os.Stat(j.manifest); err == nil && info.ModTime().After(newest) {
		newest = info.ModTime()
	}
	for _, name := range j.batch.Reports() {
		if info, err := j.disk.Lstat(name); err != nil || info.ModTime().Before(newest) {
			return true
		}
	}
	return false
}

package cli

import "time"

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
	anew                bool // although another folder holds the items
	redo                []string
	grace               time.Duration
	progress            string
	logLevel, logFormat string
	quiet               bool
	restored            bool
	offline             bool
	after               afterCommand
	dryRun, verbose     bool
}

func newRunFlags() *runFlags {
	return &runFlags{manifestFlags: newManifestFlags(), serviceFlags: newServiceFlags(),
		limitFlags: limitFlags{onDoubt: "hold"}, reportFlags: reportFlags{
			thumbs: true}, progress: "auto", logLevel: "info", logFormat: "text"}
}

// runningGroup returns the flags that say what a run makes.
func (f *runFlags) runningGroup() group {
	g := newGroup("Running")
	g.flags.VarP(textFlag{&f.out, "DIR"}, "out", "o", outHelp)
	f.rehearseFlags(g)
	g.flags.Var(countFlag{&f.limit}, "limit",
		"only the first N items that are not done; 0 is all")
	g.flags.BoolVar(&f.retry, "retry-failed", false, "try items again that failed for good")
	redoFlag(g, &f.redo)
	g.flags.BoolVar(&f.accept, "accept-changes", false,
		"go on although many finished pictures would be paid anew, since their rows have changed")
	newFlag(g, &f.anew)
	g.flags.BoolVar(&f.restored, "restored", false,
		"the output folder was put back from a copy, or lost: look in the task list for what it "+
			"does not know, before anything is sent")
	g.flags.BoolVar(&f.dryRun, "dry-run", false, "only tell what a run would do, as plan does")
	g.flags.BoolVarP(&f.yes, "yes", "y", false,
		"do not ask, as a run of more than ¥10 does on a terminal")
	g.flags.DurationVar(&f.grace, "grace", 0,
		"how long Ctrl-C waits for answers that are on their way (default 3s, for "+
			"synchronous ones 1m)")
	return g
}

// reportsGroup returns the flags of the reports, and of the command after the run.
func (f *runFlags) reportsGroup() group {
	g := newGroup("Reports")
	f.reportFlags.addTo(g)
	g.flags.Var(textFlag{&f.after.line, "CMD"}, "after", afterHelp)
	return g
}

// paceGroup returns the flags that say how fast a run goes.
func (f *runFlags) paceGroup() group {
	g := newGroup("Pace")
	f.manifestFlags.modeFlag(g)
	g.flags.Var(&f.submit, "submit-rate",
		"submissions, as 2/s or 8/m; 0 is unlimited (default the model's documented quota)")
	g.flags.Var(
		&f.query, "query-rate",
		"questions about tasks, all together; 0 is unlimited (default 16/s)")
	g.flags.Var(countFlag{&f.window}, "window",
		"tasks held open at the service at most; 0 takes what suits the model")
	return g
}

// endpointGroup returns the flags that lead to the service.
func (f *runFlags) endpointGroup() group {
	g := f.serviceGroup()
	f.keyFlags(g)
	g.flags.BoolVar(&f.offline, "offline", false,
		"do not ask the service for its own prices and limits, as a run with something to pay "+
			"does once a day")
	return g
}

// screenGroup returns the flags that say what a person sees of a run.
func (f *runFlags) screenGroup() group {
	g := newGroup("Screen")
	g.flags.Var(choiceFlag{&f.progress, []string{"auto", "bar", "plain", "json", "none"}},
		"progress",
		"auto is a bar on a terminal and a line every 10 s elsewhere (plain); json is lines on "+
			"stdout for programs")
	g.flags.Var(choiceFlag{&f.logLevel, []string{"debug", "info", "warn", "error"}},
		"log-level", "diagnostics on stderr, from this level on")
	g.flags.Var(choiceFlag{&f.logFormat, []string{"text", "json"}}, "log-format",
		"form of the diagnostics")
	g.flags.BoolVarP(&f.quiet, "quiet", "q", false,
		"only the final line, errors, and warnings about the manifest")
	g.flags.BoolVarP(&f.verbose, "verbose", "v", false, "tell more; --log-level debug")
	return g
}

// asPlan is the batch that plan looks at, for the flags of a run.
func (f *runFlags) asPlan() *savedBatch {
	l := newSavedBatch()
	l.manifestFlags, l.serviceFlags, l.reportFlags = f.manifestFlags, f.serviceFlags, f.reportFlags
	l.out, l.retry, l.redo, l.anew, l.asRun = f.out, f.retry, f.redo, f.anew, true
	return l
}

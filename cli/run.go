package cli

import (
	"time"

	"github.com/spf13/cobra"
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

func runCommand(p *program) *cobra.Command {
	f := &runFlags{manifestFlags: newManifestFlags(), serviceFlags: newServiceFlags(),
		limitFlags: limitFlags{onDoubt: "hold"}, reportFlags: reportFlags{
			thumbs: true}, progress: "auto", logLevel: "info", logFormat: "text"}
	cmd := &cobra.Command{
		Use:   "run MANIFEST",
		Short: "Make the pictures of a manifest, or go on with it",
		Long: `Make the pictures of a manifest, or go on where an earlier run stopped. Every
mistake in the manifest is listed before anything is sent. What is finished is
never paid again; the same command goes on after Ctrl-C, a crash or a failure.
The exit code says how it ended: qwenbatch help exit-codes.`,
		Example: `  qwenbatch run prompts.yaml --rehearse
  qwenbatch run prompts.csv --size 16:9 --limit 3
  qwenbatch run prompts.csv --yes --progress plain >>run.log 2>&1`,
		Args: manifestOrFolder, ValidArgsFunction: completeManifest,
	}
	main := newGroup("Running")
	main.flags.VarP(textFlag{&f.out, "DIR"}, "out", "o", outHelp)
	f.rehearseFlags(main)
	main.flags.Var(countFlag{&f.limit}, "limit",
		"only the first N items that are not done; 0 is all")
	main.flags.BoolVar(&f.retry, "retry-failed", false, "try items again that failed for good")
	redoFlag(main, &f.redo)
	main.flags.BoolVar(&f.accept, "accept-changes", false,
		"go on although many finished pictures would be paid anew, since their rows have changed")
	newFlag(main, &f.anew)
	main.flags.BoolVar(&f.restored, "restored", false,
		"the output folder was put back from a copy, or lost: look in the task list for what it "+
			"does not know, before anything is sent")
	main.flags.BoolVar(&f.dryRun, "dry-run", false, "only tell what a run would do, as plan does")
	main.flags.BoolVarP(&f.yes, "yes", "y", false,
		"do not ask, as a run of more than ¥10 does on a terminal")
	main.flags.DurationVar(&f.grace, "grace", 0,
		"how long Ctrl-C waits for answers that are on their way (default 3s, for "+
			"synchronous ones 1m)")
	told := newGroup("Reports")
	f.reportFlags.addTo(told)
	told.flags.Var(textFlag{&f.after.line, "CMD"}, "after", afterHelp)
	tempo := newGroup("Pace")
	f.manifestFlags.modeFlag(tempo)
	tempo.flags.Var(&f.submit, "submit-rate",
		"submissions, as 2/s or 8/m; 0 is unlimited (default the model's documented quota)")
	tempo.flags.Var(
		&f.query, "query-rate",
		"questions about tasks, all together; 0 is unlimited (default 16/s)")
	tempo.flags.Var(countFlag{&f.window}, "window",
		"tasks held open at the service at most; 0 takes what suits the model")
	where := f.serviceGroup()
	f.keyFlags(where)
	where.flags.BoolVar(&f.offline, "offline", false,
		"do not ask the service for its own prices and limits, as a run with something to pay "+
			"does once a day")
	shown := newGroup("Screen")
	shown.flags.Var(choiceFlag{&f.progress, []string{"auto", "bar", "plain", "json", "none"}},
		"progress",
		"auto is a bar on a terminal and a line every 10 s elsewhere (plain); json is lines on "+
			"stdout for programs")
	shown.flags.Var(choiceFlag{&f.logLevel, []string{"debug", "info", "warn", "error"}},
		"log-level", "diagnostics on stderr, from this level on")
	shown.flags.Var(choiceFlag{&f.logFormat, []string{"text", "json"}}, "log-format",
		"form of the diagnostics")
	shown.flags.BoolVarP(&f.quiet, "quiet", "q", false,
		"only the final line, errors, and warnings about the manifest")
	shown.flags.BoolVarP(&f.verbose, "verbose", "v", false, "tell more; --log-level debug")
	cmd.Flags().AddFlagSet(main.flags)
	_ = cmd.RegisterFlagCompletionFunc("redo", completeRedo(p, f.asPlan))
	p.flags(cmd, main, f.pictureGroup(), f.readingGroup(), f.limitGroup(), told, tempo, where,
		shown)
	p.often[cmd] = []string{"out", "rehearse", "dry-run", "limit", "retry-failed", "redo", "yes",
		"model", "size", "name", "budget", "deadline", "mode", "region", "api-key-file", "xlsx",
		"after", "quiet", "verbose"}
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		redo, err := p.expandRedo(f.redo)
		if err != nil {
			return err
		}
		if f.redo = redo; f.dryRun {
			return f.asPlan().showPlan(p, cmd, f.manifestOf(args))
		}
		settings, err := f.settle(p, cmd.Flags(), nil)
		if err != nil {
			return err
		}
		settings.Flags = remembered(cmd.Flags())
		if !cmd.Flags().Changed("settle") && !settings.Rehearsal {
			f.settleTime = settleTimeOf(f.settleTime, settings.BaseURL)
		}
		if f.verbose && !cmd.Flags().Changed("log-level") {
			f.logLevel = "debug"
		}
		if f.quiet && !cmd.Flags().Changed("log-level") {
			f.logLevel = "error"
		}
		f.after.manifest = f.manifestOf(args)
		err = p.run(cmd.Context(), f, settings, f.manifestOf(args))
		return f.after.run(cmd.Context(), p, err)
	}
	return cmd
}

// asPlan is the batch that plan looks at, for the flags of a run.
func (f *runFlags) asPlan() *savedBatch {
	l := newSavedBatch()
	l.manifestFlags, l.serviceFlags, l.reportFlags = f.manifestFlags, f.serviceFlags, f.reportFlags
	l.out, l.retry, l.redo, l.anew, l.asRun = f.out, f.retry, f.redo, f.anew, true
	return l
}

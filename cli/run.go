package cli

import "github.com/spf13/cobra"

func runCommand(p *program) *cobra.Command {
	f := newRunFlags()
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
	p.flags(cmd, f.runningGroup(), f.pictureGroup(), f.readingGroup(), f.limitGroup(),
		f.reportsGroup(), f.paceGroup(), f.endpointGroup(), f.screenGroup())
	_ = cmd.RegisterFlagCompletionFunc("redo", completeRedo(p, f.asPlan))
	p.often[cmd] = []string{"out", "rehearse", "dry-run", "limit", "retry-failed", "redo", "yes",
		"model", "size", "name", "budget", "deadline", "mode", "region", "api-key-file", "xlsx",
		"after", "quiet", "verbose"}
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		return f.execute(p, cmd, f.manifestOf(args))
	}
	return cmd
}

// execute runs the manifest, or tells what that would do, and then the command of --after.
func (f *runFlags) execute(p *program, cmd *cobra.Command, manifest string) error {
	redo, err := p.expandRedo(f.redo)
	if err != nil {
		return err
	}
	if f.redo = redo; f.dryRun {
		return f.asPlan().showPlan(p, cmd, manifest)
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
	f.after.manifest = manifest
	err = p.run(cmd.Context(), f, settings, manifest)
	return f.after.run(cmd.Context(), p, err)
}

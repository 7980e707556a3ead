package cli

import (
	"github.com/spf13/cobra"

	"github.com/qwenbatch/qwenbatch/batch"
	"github.com/qwenbatch/qwenbatch/batch/state"
	"github.com/qwenbatch/qwenbatch/cli/term"
	"github.com/qwenbatch/qwenbatch/manifests"
	"github.com/qwenbatch/qwenbatch/output/durable"
)

// A savedBatch is the batch of a manifest as its state file knows it, under the settings of the
// last run. Nothing is sent, no key is needed, and only resolve changes the state file.
type savedBatch struct {
	*manifestFlags
	*serviceFlags
	out   string
	retry bool
	anew  bool // although another folder holds the items
	redo  []string
	reportFlags
	asJSON bool
	all    bool // audit lists tasks of others, too
	asRun  bool // flags of the last run do not count, as they do not for run

	name     string // of the manifest
	folder   string
	found    bool // there is a state file
	settings state.Settings
	totals   manifests.Totals
	manifest *manifests.Manifest
	batch    *batch.Batch
	plan     batch.Plan

	rereading *mistake // why a run stops: it would read the manifest otherwise; else nil
}

func newSavedBatch() *savedBatch {
	return &savedBatch{manifestFlags: newManifestFlags(), serviceFlags: newServiceFlags(),
		reportFlags: reportFlags{thumbs: true}}
}

// folderFlags returns the flags that find the batch.
func (l *savedBatch) folderFlags() group {
	g := newGroup("Batch")
	g.flags.VarP(textFlag{&l.out, "DIR"}, "out", "o", outHelp)
	g.flags.BoolVar(&l.rehearse, "rehearse", false, "look at the rehearsal")
	return g
}

// withSaved opens the batch of a manifest as openReadOnly does, requires that it was begun, and
// calls f. Reports may be written where reports is set.
func (l *savedBatch) withSaved(p *program, cmd *cobra.Command, name string, reports bool,
	f func() error) error {
	closing, err := l.openReadOnly(p, cmd, name, reports)
	if err != nil {
		return err
	}
	defer closing()
	if err := l.mustExist(); err != nil {
		return err
	}
	return f()
}

// openReadOnly joins the manifest with the state file, where there is one. The caller calls
// closing.
func (l *savedBatch) openReadOnly(p *program, cmd *cobra.Command, name string, reports bool) (
	closing func(), err error) {
	if err := stdinFolder(name, l.out); err != nil && !l.asRun {
		return nil, err
	}
	l.name, l.folder = name, folderOf(l.out, name, l.rehearse)
	if err := notItsReport(name, l.folder); reports && err != nil {
		return nil, err
	}
	dir, err := readFolder(l.folder)
	if err != nil {
		return nil, err
	}
	var disk durable.Disk = emptyDisk{}
	var recorded *state.Settings
	if dir != nil {
		disk = readOnlyDisk{dir, reports}
		was, found, err := state.ReadSettings(dir)
		if err != nil {
			dir.Close()
			return nil, otherBatch(l.folder, disk, l.rehearse, err, l.command("run"))
		}
		if l.found = found; found {
			recorded = &was
		}
	}
	m, err := l.join(p, cmd, disk, recorded)
	closing = func() {
		if l.batch != nil {
			l.batch.Close()
		}
		if m != nil {
			m.Close()
		}
		if dir != nil {
			dir.Close()
		}
	}
	if err != nil {
		closing()
		return nil, err
	}
	return closing, nil
}

// join reads the manifest and opens the batch on a disk. It returns the manifest, which the
// caller closes, also with an error.
func (l *savedBatch) join(p *program, cmd *cobra.Command, disk durable.Disk,
	recorded *state.Settings) (m *checkedManifest, err error) {
	if l.settings, err = l.settle(p, cmd.Flags(), recorded); err != nil {
		return nil, err
	}
	if recorded != nil && !l.asRun {
		l.settings.Flags = recorded.Flags
		if err := recall(cmd.Flags(), recorded.Flags); err != nil {
			return nil, err
		}
		if recorded.Mode != "" && !isSaid(cmd.Flags(), "mode") {
			l.rules.Mode = recorded.Mode
		}
	}
	l.rules.Live = readLive(l.folder, l.settings.BaseURL).Models
	l.inputs = readInputs(l.folder)
	l.priceRegion = l.settings.Region
	if m, err = l.manifestFlags.open(p, l.name); err != nil {
		return nil, err
	}
	l.manifest = m.Manifest
	l.settings.Manifest, l.settings.Mode, l.settings.Encoding = m.Name(), l.rules.Mode, m.Encoding()
	l.batch, err = openBatch(batch.Options{
		Manifest: m.Manifest, Index: m.index, Disk: disk, Settings: l.settings, Rules: l.rules,
		Tool: version(), RetryFailed: l.retry, Redo: l.redo, Workbook: l.workbook,
	}, l.folder, l.command("run"))
	if err != nil {
		return m, err
	}
	l.totals = m.totals
	if l.plan, err = l.batch.Plan(); err != nil {
		return m, err
	}
	l.rereading = reread(l.batch, m.Manifest, l.plan)
	return m, l.search(p, m).rightFolder(l.batch, l.plan)
}

// search looks for this batch in other folders.
func (l *savedBatch) search(p *program, m *checkedManifest) search {
	s := search{args: p.args, sheet: l.name, folder: l.folder, warn: p.warn,
		beside: !l.settings.Rehearsal && !l.anew, options: batch.Options{Manifest: m.Manifest,
			Index: m.index, Settings: l.settings, Rules: l.rules, Tool: version(), RetryFailed: l.retry}}
	if l.asRun {
		s.retried, s.chosen = "--new", l.out != ""
	} else if l.found && !l.batch.Foreign() {
		s.beside = false // whatever else there is, this is what was asked about
	}
	return s
}

// mustExist is an error where there is no state file.
func (l *savedBatch) mustExist() error {
	if l.found {
		return nil
	}
	m := &mistake{text: "there is no batch in " + term.Quote(l.folder) + " yet",
		hint: l.command("run") + " begins it"}
	switch other := folderOf("", l.name, !l.rehearse); {
	case l.out == "" && !l.rehearse && hasState(other):
		m.hint = "there is a rehearsal: add --rehearse"
	case l.out == "" && l.rehearse && hasState(other):
		m.hint = "there is a real run: leave --rehearse out"
	}
	return m
}

// command is a command about this batch.
func (l *savedBatch) command(verb string) string {
	return batchCommand(verb, l.name, l.out, l.rehearse)
}

// title is the first line of plan and status.
func (l *savedBatch) title() string {
	text := l.name + ": " + term.Amount(l.plan.Items, "item")
	if l.found {
		text += " in " + l.folder
	}
	if l.settings.Rehearsal {
		return text + " (rehearsal: free)"
	}
	if l.settings.Region != "beijing" {
		text += " (" + l.settings.Region + ")"
	}
	return text
}

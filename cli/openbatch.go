package cli

import (
	"errors"
	"fmt"
	"path/filepath"

	"github.com/qwenbatch/qwenbatch/batch"
	"github.com/qwenbatch/qwenbatch/batch/state"
	"github.com/qwenbatch/qwenbatch/cli/term"
	"github.com/qwenbatch/qwenbatch/client"
	"github.com/qwenbatch/qwenbatch/manifests"
	"github.com/qwenbatch/qwenbatch/manifests/spell"
	"github.com/qwenbatch/qwenbatch/output/durable"
)

// openBatch opens a batch in a folder. Run is the command that goes on with it, for the hints of
// errors.
func openBatch(o batch.Options, folder, run string) (*batch.Batch, error) {
	b, err := batch.Open(o)
	if err != nil {
		err = otherBatch(folder, o.Disk, o.Settings.Rehearsal, err, run)
		return nil, unknownItem(err, o.Manifest)
	}
	return b, nil
}

// otherBatch adds to an error where a state file is damaged, or which flag leads to the batch
// that the folder holds. Run is the command that goes on with the batch.
func otherBatch(folder string, disk durable.Disk, rehearse bool, err error, run string) error {
	var damage *state.DamageError
	if errors.As(err, &damage) {
		in := state.DamageError{File: filepath.Join(folder, damage.File), Line: damage.Line,
			Reason: damage.Reason}
		return &mistake{text: in.Error(), hint: damagedHint(run), code: codeStopped}
	}
	recorded, found, readErr := state.ReadSettings(disk)
	if !errors.Is(err, state.ErrOther) || !found || readErr != nil {
		return err
	}
	m := &mistake{text: fmt.Sprintf("%s: %v", folder, err),
		hint: "use the key that it belongs to: in another output folder everything would " +
			"be paid again"}
	switch {
	case recorded.Rehearsal && !rehearse:
		m.hint = "add --rehearse to go on with it; a real run wants a folder of its own: --out DIR"
	case !recorded.Rehearsal && rehearse:
		m.hint = "leave --rehearse out to go on with it; a rehearsal in another folder, --out " +
			"DIR, is free, too"
	case !recorded.Rehearsal && !rehearse:
		m.hint = fmt.Sprintf(
			"--base-url %s goes on with it; in another output folder (--out DIR) everything "+
				"would be made and paid again", term.ShellQuote(recorded.BaseURL))
		if r, ok := client.LookupRegion(recorded.Region); ok &&
			r.BaseURL(recorded.Workspace) == recorded.BaseURL {
			m.hint = fmt.Sprintf(
				"--region %s goes on with it; in another output folder (--out DIR) everything "+
					"would be made and paid again", r.Name)
		}
	}
	return m
}

// unknownItem adds a guess to the error about a name of --redo that no item has. It returns
// other errors as they are.
func unknownItem(err error, m *manifests.Manifest) error {
	var unknown *batch.UnknownItemError
	if !errors.As(err, &unknown) {
		return err
	}
	told := &mistake{text: fmt.Sprintf("--redo: no item is called %s", term.Quote(unknown.Name)),
		hint: "it takes the ids of " + m.Name() +
			", row:N as results.csv numbers rows, the file of a picture, or missing; several " +
			"with commas"}
	ids := []string{batch.RedoMissing}
	for it, err := range m.Items() {
		if err == nil && it.ID != "" {
			ids = append(ids, it.ID)
		}
	}
	if near := spell.Nearest(unknown.Name, ids); near != "" {
		told.hint = "did you mean --redo " + term.ShellQuote(near) + "?"
	}
	return told
}

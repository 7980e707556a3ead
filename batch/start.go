package batch

import (
	"cmp"
	"context"
	"time"

	"github.com/qwenbatch/qwenbatch/batch/state"
	"github.com/qwenbatch/qwenbatch/batch/tasklist"
	"github.com/qwenbatch/qwenbatch/output/durable"
)

// This file is what a run does before it submits anything.

// start proves that the folder can be written and that the service answers, and opens the state
// file for this run, before anything is paid.
func (r *run) start(ctx context.Context) error {
	if err := r.o.Disk.Mkdir(state.ImagesDir); err != nil {
		return err
	}
	if err := durable.Probe(r.o.Disk); err != nil {
		return err
	}
	if err := r.greet(ctx); err != nil {
		return err
	}
	r.began = r.clock.Now()
	r.own.Begin(r.began)
	if err := r.sameAccount(ctx); err != nil {
		return err
	}
	r.stops.SetDeadline(r.clock.Deadline(r.o.Deadline))
	since := r.b.lastKnown(r.clock.Now())
	if !r.b.found {
		if err := r.state.Create(r.b.newHeader(r.clock.Now())); err != nil {
			return err
		}
	}
	if err := r.state.Reserve(cmp.Or(r.o.reserve, state.ReserveSize)); err != nil {
		return err
	}
	lost, err := r.mayHaveLost()
	if err != nil {
		return err
	}
	unknown, err := r.folder.Unknown(r.b.pictures, r.clock.Now())
	if err != nil {
		return err
	}
	if lost || len(unknown) > 0 {
		r.since, r.ended = since, r.clock.Now()
		// A file that was lost, or is an older one, does not tell when that was.
		if r.b.found && !r.o.Restored && len(unknown) == 0 {
			r.ended = r.state.LastAt()
		}
	}
	r.ledger.Begin()
	// From here on the last line is of this run: what an earlier one has lost must be looked
	// for from where that one ended, also if this one dies before it has done so.
	if err := r.markStart(); err != nil {
		return err
	}
	if err := r.takeIn(unknown); err != nil {
		return err
	}
	// What --redo asks for is durable before anything is made anew of it, the folder and the
	// records agree before pictures are renamed, and the money is counted of what is left then.
	for _, step := range []func() error{r.beginRedo, r.countIn, r.rename, r.b.pictures.Record, r.reopen,
		r.countMoney} {
		if err := step(); err != nil {
			return err
		}
	}
	return nil
}

func (r *run) markStart() error {
	place := r.o.Disk.Place(state.FileName)
	return r.state.Mark(state.Mark{Run: "start", At: r.clock.Now(), Tool: r.o.Tool, Since: r.since,
		Place: place})
}

// mayHaveLost reports whether tasks may exist that the state file has lost and that no run has
// looked through.
func (r *run) mayHaveLost() (bool, error) {
	r.ledger.Open(r.o.Cache, r.log, r.o.Key.Fingerprint("ledger of "+r.o.Settings.BaseURL),
		r.state.Header())
	switch {
	case r.o.Restored || r.b.torn || r.b.lost != "" || !r.state.LastMark().Since.IsZero():
		return true, nil
	case !r.b.found || r.state.Stopped():
		return false, nil
	case !r.state.Undisturbed():
		return true, nil
	}
	// A process was killed on this boot, and nothing that it had written is gone: each intent
	// was durable before its submission went out. Unless the file is an older one that was
	// copied over it.
	agrees, err := r.claims.AgreesWithLedger()
	return !agrees, err
}

// stopMark is the clean end of what does not run the batch. Where the last run did not end so,
// the next one must still look for what the file may have lost.
func (b *Batch) stopMark() state.Mark {
	end := state.Mark{Run: "stop", At: time.Now().UTC(), Tool: b.o.Tool,
		Since: b.state.LastMark().Since}
	if !b.state.Stopped() {
		end.Since = b.lastKnown(end.At)
	}
	return end
}

// lastKnown is since when tasks may exist that the state does not know, should it turn out to
// have lost its end. The service keeps tasks for a day.
func (b *Batch) lastKnown(now time.Time) time.Time {
	// else no run has got as far as its first mark over this file
	if b.found && b.state.LastMark().Run != "" && !b.salvaged {
		if since := b.state.LastMark().Since; !since.IsZero() {
			return since
		}
		if at := b.state.LastAt(); !at.IsZero() {
			return at
		}
	}
	return now.Add(-tasklist.Reach)
}

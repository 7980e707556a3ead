package batch

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"reflect"
	"time"

	"github.com/qwenbatch/qwenbatch/batch/halt"
	"github.com/qwenbatch/qwenbatch/batch/pace"
	"github.com/qwenbatch/qwenbatch/batch/pictures"
	"github.com/qwenbatch/qwenbatch/batch/state"
	"github.com/qwenbatch/qwenbatch/batch/tasklist"
	"github.com/qwenbatch/qwenbatch/client"
	"github.com/qwenbatch/qwenbatch/output/durable"
)

// A preflight is what a run does before it submits anything: it proves that the folder can be
// written, that the service answers and that the key is of the batch's account, and makes state
// file, folder and manifest agree.
type preflight struct {
	batch         *Batch
	o             *Options
	state         *state.File
	clock         *pace.Clock
	log           *slog.Logger
	tasks         *tasklist.Reader
	own           *tasklist.OwnTasks
	claims        *tasklist.Claims
	ledger        *tasklist.Ledger
	stops         *halt.Conditions
	folder        *pictures.Folder
	foundPictures *pictures.Found
	builder       *builder

	// since and lastSentBy are what run found for the fields of sweep
	since, lastSentBy time.Time
}

// run proves that the folder can be written and that the service answers, and opens the state
// file for this run, before anything is paid.
func (p *preflight) run(ctx context.Context) error {
	if err := p.o.Disk.Mkdir(pictures.ImagesDir); err != nil {
		return err
	}
	if err := durable.Probe(p.o.Disk); err != nil {
		return err
	}
	if err := p.reachService(ctx); err != nil {
		return err
	}
	p.own.Begin(p.clock.Now())
	if err := p.sameAccount(ctx); err != nil {
		return err
	}
	p.stops.SetDeadline(p.clock.Deadline(p.o.Deadline))
	since := p.batch.lastKnown(p.clock.Now())
	if !p.batch.hadState {
		if err := p.state.Create(p.batch.newHeader(p.clock.Now())); err != nil {
			return err
		}
	}
	if err := p.state.Reserve(p.o.reserve); err != nil {
		return err
	}
	lost, err := p.mayHaveLost()
	if err != nil {
		return err
	}
	unknown, err := p.folder.Unknown(p.batch.pictures, p.clock.Now())
	if err != nil {
		return err
	}
	if lost || len(unknown) > 0 {
		p.since, p.lastSentBy = since, p.clock.Now()
		// A state file that is new, or put back from a copy, does not tell when the last run sent.
		if p.batch.hadState && !p.o.Restored && len(unknown) == 0 {
			p.lastSentBy = p.state.LastAt()
		}
	}
	p.ledger.Begin()
	// From here on the last line is of this run, so the mark keeps since when an earlier one may
	// have lost something: if this run dies before its sweep has ended, the next one sweeps.
	if err := p.markStart(); err != nil {
		return err
	}
	if err := p.takeIn(unknown); err != nil {
		return err
	}
	// In this order: --redo is durable before anything is sent for it, and before renaming, which
	// leaves out what is bought again; missing pictures are reopened when the others have their
	// names; the money is counted when no step changes the records any more.
	for _, step := range []func() error{p.beginRedo, p.batch.redo.countIn, p.rename,
		p.batch.pictures.Record, p.reopen, p.countMoney} {
		if err := step(); err != nil {
			return err
		}
	}
	return nil
}

func (p *preflight) beginRedo() error {
	if begins, err := p.batch.redo.begin(p.batch.items(), p.builder.keyOf); !begins || err != nil {
		return err
	}
	return p.markStart()
}

func (p *preflight) markStart() error {
	place := p.o.Disk.Place(state.FileName)
	return p.state.Mark(state.Mark{Run: "start", At: p.clock.Now(), Tool: p.o.Tool, Since: p.since,
		Place: place})
}

// mayHaveLost reports whether tasks may exist that the state file has lost and that no run has
// looked through.
func (p *preflight) mayHaveLost() (bool, error) {
	p.ledger.Open(p.o.Cache, p.log, p.o.Key.Fingerprint("ledger of "+p.o.Settings.BaseURL),
		p.state.Header())
	switch {
	case p.o.Restored || p.batch.tornState || p.batch.lostTrace != "" ||
		!p.state.LastMark().Since.IsZero():
		return true, nil
	case !p.batch.hadState || p.state.Stopped():
		return false, nil
	case !p.state.Undisturbed():
		return true, nil
	}
	// A process was killed on this boot, and nothing that it had written is gone: each intent
	// was durable before its submission went out. Unless the file is an older one that was
	// copied over it.
	agrees, err := p.claims.AgreesWithLedger()
	return !agrees, err
}

// takeIn records the pictures in the folder that the state file did not know, and matches the
// manifest with the records that this makes.
func (p *preflight) takeIn(unknown []state.Record) error {
	if len(unknown) == 0 {
		return nil
	}
	p.claims.Reset() // the tasks of the pictures are claimed, too
	defer p.batch.rematch()
	for _, rec := range unknown {
		k, err := state.ParseKey(rec.Key)
		if err != nil {
			return err
		}
		i, known := p.state.Find(k)
		moved := known && p.state.Entry(i).Phase() == state.Done
		switch saved := len(rec.Pictures); {
		case moved || saved >= rec.Sent.N:
		case rec.Task != "":
			rec.Phase = state.Open // its task has the pictures that are not here
		default:
			rec.Cost = rec.Cost / client.Money(saved) * client.Money(rec.Sent.N)
			rec.Warnings = append(rec.Warnings,
				fmt.Sprintf(
					"%d of %d pictures were saved before the run ended; what else was made is paid for and lost", saved, rec.Sent.N))
		}
		if err := p.state.Put(rec, false); err != nil {
			return err
		}
	}
	if err := p.state.Sync(); err != nil {
		return err
	}
	return p.batch.pictures.Look(false) // it is by entry, and there are new ones
}

// reopen makes missing items open again whose tasks the service still has. Their records keep
// what they say of the pictures, since such an item becomes done again if the service has
// forgotten its task after all. Pictures that are whole are not fetched again.
func (p *preflight) reopen() error {
	for i, e := range p.state.Entries() {
		halfway := e.Phase() == state.Open && e.FileHash != 0 // reopened by a run that died
		if !halfway && !p.batch.pictures.Missing(i) || p.batch.redo.includes(int32(i)) {
			continue
		}
		rec, err := p.state.Get(i)
		if err != nil {
			return err
		}
		if !halfway && !fetchable(rec, p.clock.Now()) {
			continue
		}
		p.foundPictures.Add(rec, p.batch.pictures)
		if halfway {
			continue
		}
		rec.Phase, rec.At = state.Open, p.clock.Now()
		if err := p.state.Put(rec, false); err != nil {
			return err
		}
	}
	return nil
}

// rename gives all pictures the names that the manifest says now, except those that are bought
// again: the new ones get the name.
func (p *preflight) rename() error {
	if !p.batch.index.names.Any() {
		return nil
	}
	var all []pictures.Renaming
	for i, it := range p.batch.items() {
		if it.err != nil {
			return it.err
		}
		if !p.batch.misnamed(i) || p.batch.redo.includes(p.batch.matches[i].Entry) {
			continue
		}
		rec, err := p.state.Get(int(p.batch.matches[i].Entry))
		if err != nil {
			return err
		}
		all = append(all, pictures.Renaming{Record: rec, Want: it.Picture()})
	}
	return pictures.Rename(all, p.folder, p.batch.pictures, p.clock.Now)
}

// countMoney adds up what the batch has cost so far or may have cost.
func (p *preflight) countMoney() error {
	if p.o.Budget == 0 {
		return nil
	}
	for i := range p.state.Count() {
		rec, err := p.state.Get(i)
		if err != nil {
			return err
		}
		p.stops.AddCost(p.batch.mayCost(rec))
	}
	return nil
}

// reachService asks for one page of the task list. It proves key, region and base URL without
// cost, and tells the service's clock, which every intent is dated by.
func (p *preflight) reachService(ctx context.Context) error {
	for n := 0; ; n++ {
		_, err := p.tasks.Page(ctx, 1)
		var api *client.APIError
		switch {
		case err == nil:
			return nil
		case ctx.Err() != nil:
			return ctx.Err()
		case errors.As(err, &api) && api.Reach() == client.ReachAccount:
			return err
		case errors.As(err, &api) && (api.Reach() != client.ReachRetry || n == 3):
			p.clock.Observe(api.Date)
			// the list is refused to this key, or broken; what it cannot settle will be held
			return nil
		case n == maxReachTries, n == maxBlockedTries && client.Blocked(err):
			return fmt.Errorf("the service does not answer: %w", err)
		}
		p.log.Warn("will try again", "cause", err)
		if err := p.clock.Sleep(ctx, pace.Backoff(n)); err != nil {
			return err
		}
	}
}

// sameAccount refuses a new key unless it sees a task of the batch, or nothing is left that it
// could misjudge, or with --on-doubt resubmit. Keys of one account may change, but to the key of
// another account every open task would look lost, and every submission in doubt absent, which
// would pay it twice.
func (p *preflight) sameAccount(ctx context.Context) error {
	print := p.o.Key.Fingerprint(p.state.Header().Salt)
	if !p.batch.hadState || p.state.Header().KeyPrint == print || p.o.Settings.Rehearsal {
		return p.amend(p.state.Header().KeyPrint)
	}
	witness, doubt, err := p.witness()
	switch {
	case err != nil:
		return err
	case witness == "" && doubt && p.o.OnDoubt != "resubmit":
		return ErrUnprovenKey
	case witness == "":
		return p.amend(print)
	}
	task, err := p.tasks.Ask(ctx, witness)
	if err != nil {
		return err
	}
	if task.Status == client.Unknown {
		return fmt.Errorf("%w: this key does not see its task %s, so it is of another account",
			state.ErrOther, witness)
	}
	return p.amend(print)
}

// ErrUnprovenKey says that the key is another than that of the last run, that what the last run
// has left can only be settled by a key of its account, and that no task shows whether this one
// is.
var ErrUnprovenKey = fmt.Errorf(
	"%w: a submission of it is in doubt, and it has no task by which this key could show that it is of the same account", state.ErrOther)

// witness returns a task that every key of the account sees: one that is open, else one that the
// service still keeps, else "". Doubt says that this run will search the list, for submissions
// in doubt or for what the state may have lost.
func (p *preflight) witness() (task string, doubt bool, err error) {
	now := p.clock.Now()
	if p.o.Restored || !p.state.Stopped() || !p.state.LastMark().Since.IsZero() {
		doubt = now.Sub(p.batch.lastKnown(now)) < tasklist.Reach && !p.onlySync()
	}
	for i, e := range p.state.Entries() {
		phase := e.Phase()
		if phase != state.Intent && phase != state.Open && (phase != state.Done || task != "") {
			continue
		}
		rec, err := p.state.Get(i)
		if err != nil {
			return "", false, err
		}
		switch fresh := now.Sub(rec.Submitted) < tasklist.Reach; {
		case phase == state.Open && fresh:
			return rec.Task, doubt, nil
		case phase == state.Intent:
			// those over the synchronous interface, and older ones, are in no list: they are held
			doubt = doubt || !rec.Sent.Sync && now.Sub(rec.Intent) < tasklist.Reach
		case phase == state.Done && fresh:
			task = rec.Task // "" over the synchronous interface
		}
	}
	return task, doubt, nil
}

// onlySync reports whether no run since the last sweep can have created a task: all went over the
// synchronous interface.
func (p *preflight) onlySync() bool {
	return p.state.Header().Settings.Mode == "sync" && p.state.LastMark().Since.IsZero() &&
		!p.o.Restored
}

// amend records the fingerprint of the key and the settings of this run in the header of a state
// file that has others.
func (p *preflight) amend(print string) error {
	h := p.state.Header()
	if !p.batch.hadState || h.KeyPrint == print && reflect.DeepEqual(h.Settings, p.o.Settings) {
		return nil
	}
	h.KeyPrint, h.Settings = print, p.o.Settings
	return p.state.Amend(h)
}

// maxReachTries is how often the service is asked in vain before a run gives up: about four
// minutes. Once it has answered, a run waits for it however long it takes.
const maxReachTries = 9

// maxBlockedTries is the same where something on the way answers in the service's place: about
// a minute, for a network that has just come up.
const maxBlockedTries = 6

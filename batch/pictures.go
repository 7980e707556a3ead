package batch

import (
	"iter"
	"reflect"
	"time"

	"github.com/qwenbatch/qwenbatch/batch/state"
	"github.com/qwenbatch/qwenbatch/batch/tasklist"
	"github.com/qwenbatch/qwenbatch/client"
)

// A done item is missing where a picture of it is not in its place any more, or is damaged
// there: paid, and gone. As long as the service keeps its task it is fetched again without
// cost; later only --redo, which pays, brings it back. A picture that is whole and not as it
// was saved is somebody's work: its item stays done, and nothing replaces it.

// Missing is how many items of the manifest are done and have lost a picture.
func (b *Batch) Missing() int {
	n := 0
	for i, m := range b.matches {
		if m.Entry >= 0 && !b.index.skipped[i] && !m.Changed && b.pictures.Missing(int(m.Entry)) {
			n++
		}
	}
	return n
}

// fetchable reports whether a missing picture can still be had from its task.
func fetchable(rec state.Record, now time.Time) bool {
	return rec.Task != "" && !rec.Sent.Sync && now.Sub(rec.Submitted) < client.TaskLifetime
}

// noteSeen records what opening the batch found of its pictures, for a run that has nothing else
// to do.
func (b *Batch) noteSeen() error {
	if !b.pictures.Examined() {
		return nil
	}
	if err := b.pictures.Record(); err != nil {
		return err
	}
	return b.state.Mark(b.stopMark())
}

// NoteSettings records the settings of this run where they are not those of the last. A run does
// so by itself; where one has nothing to do, and so is none, its caller does.
func (b *Batch) NoteSettings() (changed bool, err error) {
	h := b.state.Header()
	if !b.hadState || reflect.DeepEqual(h.Settings, b.o.Settings) {
		return false, nil
	}
	end := b.stopMark()
	h.Settings = b.o.Settings
	if err := b.state.Amend(h); err != nil {
		return false, err
	}
	return true, b.state.Mark(end)
}

// stopMark is the mark for a clean end of a command that changes the state without a run. If the
// last run did not end cleanly it makes the next one sweep all the same.
func (b *Batch) stopMark() state.Mark {
	end := state.Mark{Run: "stop", At: time.Now().UTC(), Tool: b.o.Tool,
		Since: b.state.LastMark().Since}
	if !b.state.Stopped() {
		end.Since = b.lastKnown(end.At)
	}
	return end
}

// lastKnown is since when tasks may exist that the state does not know, if it has lost its end:
// since when the last mark says that a sweep is due, else since its last line. Without a mark
// it is as far back as the list reaches, as after Salvage.
func (b *Batch) lastKnown(now time.Time) time.Time {
	if b.hadState && b.state.LastMark().Run != "" && !b.salvaged {
		if since := b.state.LastMark().Since; !since.IsZero() {
			return since
		}
		if at := b.state.LastAt(); !at.IsZero() {
			return at
		}
	}
	return now.Add(-tasklist.Reach)
}

// misnamed reports whether the pictures of the i-th item, which is done, want other names.
func (b *Batch) misnamed(i int) bool {
	m := b.matches[i]
	return !b.index.skipped[i] && m.Entry >= 0 && !m.Changed &&
		b.index.names.Renames(i, b.state, int(m.Entry))
}

// shouldResubmit reports whether an item that the state knows is to be sent: it is ready, has
// failed and RetryFailed is set, is finished and its row has changed, or --redo names it.
func (b *Batch) shouldResubmit(m state.Match) bool {
	p := b.state.Entry(int(m.Entry)).Phase()
	return p == state.Ready || p == state.Failed && b.o.RetryFailed || m.Changed &&
		(p == state.Done || p == state.Failed) || b.redo.includes(m.Entry)
}

// otherSize reports whether another item of the manifest has the prompt of a request and asks for
// another size.
func (b *Batch) otherSize(s state.Request) (bool, error) {
	prompt := tasklist.PromptKey(s.Model, s.Prompt)
	for _, it := range b.items() {
		if it.err != nil {
			return false, it.err
		}
		if it.Skip || tasklist.PromptKey(modelOf(it.Item), it.Prompt) != prompt {
			continue
		}
		if other, err := b.o.Rules.newRequest(it.Item, "", 0); err != nil || other.Size != s.Size {
			return err == nil, err
		}
	}
	return false, nil
}

// wantedPrompts yields the keys of the prompts of the items that are to be sent. It ends after the
// first error.
func (b *Batch) wantedPrompts() iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		for i, it := range b.items() {
			if it.err != nil {
				yield("", it.err)
				return
			}
			if !it.Skip && b.wanted(i) && !yield(tasklist.PromptKey(modelOf(it.Item), it.Prompt), nil) {
				return
			}
		}
	}
}

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

// noteSeen records what was found of pictures, for a run that has nothing else to do.
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

// shouldResubmit reports whether an item that was seen before is to be sent (again).
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

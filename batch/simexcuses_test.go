package batch

import (
	"slices"
	"strings"
	"time"

	"github.com/qwenbatch/qwenbatch/batch/settle"
	"github.com/qwenbatch/qwenbatch/batch/state"
	"github.com/qwenbatch/qwenbatch/batch/tasklist"
	"github.com/qwenbatch/qwenbatch/client"
	"github.com/qwenbatch/qwenbatch/client/emulator"
)

// This file says which ends of a simulated story no client could have avoided. An excuse is one item's, or one prompt's, and
// needs what the witness has seen happen to that very item: a world that is bad elsewhere excuses nothing.

// excuse says why an item may be held; "" where it may not.
func (e *ending) excuse(i int, rec state.Record) string {
	request := e.asked[i]
	words := tasklist.PromptKey(request.Model, request.Prompt)
	switch {
	case rec.Code != settle.InDoubt && rec.Sent.Sync:
		if e.host.lasts > 12*time.Hour {
			return "its picture could not be fetched for as long as it was kept"
		}
		return ""
	case rec.Code == "Expired" && !e.calm && e.luck > 0:
		return "the service said too often that it does not know the task"
	case rec.Code != settle.InDoubt:
		if e.forgotten(e.tasks[rec.Task]) {
			return "its picture could not be fetched for a day"
		}
		return ""
	case strings.Contains(rec.Message, "of another size") && e.strangers(words):
		return "another client has sent its words in another size"
	case strings.Contains(rec.Message, "the state file has lost its end"):
		if e.endLost() && e.crowded(words) {
			return "the state has lost its end, and more tasks have its words than items"
		}
		return ""
	case !e.leftOpen(words, rec):
		return ""
	case client.LookupModel(request.Model).Async == client.None:
		return "the synchronous interface has no task to find it by"
	case tellsNoPrompt(request.Model) && e.unclaimed(request.Model):
		return "the service does not tell the words of a task that could be its"
	case len(e.trouble.hid) > 0:
		return "the list hides what it once showed"
	case e.times != 0 && strings.Contains(rec.Message, "when that was made cannot be told"):
		return "the list's times are off, and the last run made no task to learn them from"
	case e.seenFrom(request, rec):
		return "another client has sent its words"
	}
	return ""
}

// tellsNoPrompt reports whether a model's tasks do not tell their prompts.
func tellsNoPrompt(model string) bool { return model == "qwen-image-3.0" }

// endLost reports whether the state file may have lost its end: altogether, to a power cut, to a write that was torn, to a
// death between the two records of an answer, of which the ledger has the first, or, for one who keeps none, to any death.
func (e *ending) endLost() bool {
	return e.lost > 0 || e.powerCuts > 0 || e.tornEnds > 0 || e.cache == nil && len(e.trouble.deaths) > 0 || e.trouble.diedOfAnAnswer()
}

// crowded reports whether more tasks were made with some words than items have them.
func (e *ending) crowded(words string) bool {
	n := 0
	for _, request := range e.asked {
		if tasklist.PromptKey(request.Model, request.Prompt) == words {
			n--
		}
	}
	for _, task := range e.books.Tasks {
		if tasklist.PromptKey(task.Model, task.Prompt) == words {
			n++
		}
	}
	return n > 0
}

// strangers reports whether another client has sent some words.
func (e *ending) strangers(words string) bool {
	return slices.ContainsFunc(e.books.Tasks, func(task emulator.Task) bool {
		return !ours(task) && tasklist.PromptKey(task.Model, task.Prompt) == words
	})
}

// leftOpen reports whether the last submission of an item was left open: its answer did not tell what became of it, or the
// run died before it had one.
func (e *ending) leftOpen(words string, rec state.Record) bool {
	longest := longestEnd
	if rec.Sent.Sync { // it is open until its picture is saved
		longest = client.TaskLifetime
	}
	during := func(at time.Time) bool {
		return !at.Before(rec.Intent.Add(-margin)) && at.Before(rec.Intent.Add(longest))
	}
	return slices.ContainsFunc(e.trouble.open[words], during) || slices.ContainsFunc(e.trouble.deaths, during)
}

// unclaimed reports whether there is a task of a model that none of our items has.
func (e *ending) unclaimed(model string) bool {
	return slices.ContainsFunc(e.books.Tasks, func(task emulator.Task) bool {
		return task.Model == model && !slices.ContainsFunc(e.finals, func(rec state.Record) bool {
			return rec.Task == task.ID || slices.Contains(rec.Earlier, task.ID)
		})
	})
}

// unprovable says why no client could know whether tasks with some words are there; "" where it could.
func (e *ending) unprovable(words string) string {
	switch {
	case e.lostAt.IsZero():
		return ""
	case e.traceless:
		return "nothing in the folder told that there had been a batch"
	case e.trouble.hidSince(e.lostAt):
		return "the state was lost, and a list hid what it had shown"
	}
	for _, task := range e.books.Tasks {
		switch {
		case !ours(task) || tasklist.PromptKey(task.Model, task.Prompt) != words:
		case client.LookupModel(task.Model).Async == client.None:
			return "the state was lost, and no list has tasks of the synchronous interface"
		case tellsNoPrompt(task.Model) && e.books.Time.Sub(task.Submitted) > tasklist.Reach:
			return "the state was lost, no list tells the prompt of its tasks, and by now none shows them"
		}
	}
	return ""
}

// forgotten reports whether a picture could not be fetched, or was spoiled, while the service kept it.
func (e *ending) forgotten(task emulator.Task) bool {
	refused := e.host.lasts > 12*time.Hour && !e.trouble.spared[task.ID]
	return e.books.Time.Sub(task.Ended) > client.TaskLifetime && (refused || e.touchedTask(task.ID))
}

// touchedTask reports whether somebody had his hands on a task's picture.
func (e *ending) touchedTask(id string) bool {
	return slices.ContainsFunc(e.touched, func(t touched) bool { return e.taskOf(t.before) == id })
}

// touchedOf reports whether somebody had his hands on a picture with some words.
func (e *ending) touchedOf(words string) bool {
	return slices.ContainsFunc(e.books.Tasks, func(task emulator.Task) bool {
		return tasklist.PromptKey(task.Model, task.Prompt) == words && e.touchedTask(task.ID)
	})
}

// seenFrom reports whether another client has sent the same words when they could be taken for ours, and none of our items
// shows its picture.
func (e *ending) seenFrom(request client.Request, rec state.Record) bool {
	words := tasklist.PromptKey(request.Model, request.Prompt)
	untold := e.times != 0 && strings.Contains(rec.Message, "cannot be told")
	return slices.ContainsFunc(e.books.Tasks, func(task emulator.Task) bool {
		return !ours(task) && tasklist.PromptKey(task.Model, task.Prompt) == words && (untold || e.trouble.cannotTell(words, task.Submitted))
	})
}

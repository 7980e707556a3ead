package batch

import (
	"bytes"
	"fmt"
	"slices"
	"time"

	"github.com/qwenbatch/qwenbatch/batch/pictures"
	"github.com/qwenbatch/qwenbatch/batch/state"
	"github.com/qwenbatch/qwenbatch/batch/tasklist"
	"github.com/qwenbatch/qwenbatch/client"
	"github.com/qwenbatch/qwenbatch/client/emulator"
	"github.com/qwenbatch/qwenbatch/output/imagefile"
)

// This file judges the end of a simulated story by the service's books and by what lies in the folder. What the engine
// remembers says only which end an item has come to. The expectations are the bars of the project: no item is charged
// twice, no paid picture is lost, and what nobody can tell is held or marked, never sent again.

// An ending is what is judged.
type ending struct {
	*sim
	*world
	trouble *trouble
	wish    *simWish
	asked   []client.Request // of the manifest's items
	books   emulator.Books
	tasks   map[string]emulator.Task
	saved   map[string]bool // tasks, and requests, with a whole picture on the disk that tells them
}

func (s *sim) judge(w *world, tr *trouble, wish *simWish) {
	e := &ending{sim: s, world: w, trouble: tr, wish: wish, asked: s.requests(w.sheet.whole), books: s.server.Books(), tasks: map[string]emulator.Task{}}
	for _, task := range e.books.Tasks {
		e.tasks[task.ID] = task
	}
	e.lookAtFolder()
	e.checkCharges()
	e.checkPaid()
	for i, rec := range s.finals {
		e.checkItem(i, rec)
	}
	e.checkResults()
	e.checkTouched()
	for _, v := range e.books.Violations {
		if v.Rule == "query-rate" && len(e.visits) > 0 {
			continue // two programs of one account share its quota
		}
		s.t.Errorf("violation: %+v", v)
	}
	s.checkCanary()
}

func ours(task emulator.Task) bool { return task.Workspace != rivalWorkspace }

// lookAtFolder reads which tasks' pictures are there, under whatever name.
func (e *ending) lookAtFolder() {
	e.saved = map[string]bool{}
	e.disk.Decide = nil
	for _, file := range e.disk.Files() {
		id, told := pictures.ReadIdentity(e.disk, file)
		if _, err := imagefile.Inspect(e.content(file)); told && err == nil {
			e.saved[id.Task], e.saved[id.Request] = true, true // the synchronous interface has no task
		}
	}
	for i, t := range e.touched { // who edits or deletes a picture has had it, and who spoils one that he has put in another's place
		moved := slices.ContainsFunc(e.touched[:i], func(earlier touched) bool { return earlier.kind == "swapped" && earlier.file == t.file })
		if moved || t.kind != "cut" && t.kind != "emptied" && t.kind != "swapped" {
			e.saved[e.taskOf(t.before)] = true
		}
	}
}

// taskOf is the task that a picture tells.
func (e *ending) taskOf(b []byte) string {
	texts, _ := imagefile.Texts(bytes.NewReader(b))
	for id := range e.tasks {
		for _, text := range texts {
			if text.Keyword == pictures.IdentityKeyword && bytes.Contains([]byte(text.Value), []byte(id)) {
				return id
			}
		}
	}
	return ""
}

// checkCharges wants each item charged once at most, and once more where it was wished anew. Items with the same words are
// one to the service.
func (e *ending) checkCharges() {
	left := map[string]int{}
	for i, request := range e.asked {
		words := tasklist.PromptKey(request.Model, request.Prompt)
		left[words]++
		if i < len(e.finals) {
			left[words] += e.finals[i].Redone // which wish.check has judged
		}
	}
	for _, task := range e.books.Tasks {
		if ours(task) {
			left[tasklist.PromptKey(task.Model, task.Prompt)] -= task.Charged
		}
	}
	for words, n := range left {
		if n < 0 && e.unprovable(words) == "" {
			e.t.Errorf("%q is charged %d times too often", words, -n)
		}
	}
}

// checkPaid wants the picture of each task of ours that was charged, unless its item is held or shows another client's.
func (e *ending) checkPaid() {
	missing := map[string][]string{}
	for _, task := range e.books.Tasks {
		if ours(task) && task.Charged > 0 && !e.saved[task.ID] && !e.saved[task.RequestID] {
			words := tasklist.PromptKey(task.Model, task.Prompt)
			missing[words] = append(missing[words], task.ID)
		}
	}
	known := map[string]int{} // how many that went missing are held, or have another client's in their place
	for _, task := range e.books.Tasks {
		if !ours(task) && e.saved[task.ID] {
			known[tasklist.PromptKey(task.Model, task.Prompt)]++
		}
	}
	for i, rec := range e.finals {
		words := tasklist.PromptKey(e.asked[i].Model, e.asked[i].Prompt)
		if rec.Phase == state.Held {
			known[words]++
		}
		if client.LookupModel(e.asked[i].Model).Async == client.None || e.touchedOf(words) {
			known[words] += rec.Redone // who wishes for another gives up one that is held, or damaged
		}
	}
	for words, tasks := range missing {
		for _, task := range tasks[min(known[words], len(tasks)):] {
			if e.unprovable(words) != "" || e.forgotten(e.tasks[task]) {
				continue
			}
			e.t.Errorf("%q: task %s is paid and its picture is nowhere", words, task)
		}
	}
}

// checkItem judges the end of one item.
func (e *ending) checkItem(i int, rec state.Record) {
	name := fmt.Sprintf("item %d (%s)", i+1, rec.Key)
	switch rec.Phase {
	case state.Failed: // it must have cost nothing, which checkPaid sees
		if e.trouble.refused[e.asked[i].Prompt] == 0 {
			e.t.Errorf("%s failed and was never refused: %s: %s", name, rec.Code, rec.Message)
		}
	case state.Held:
		if e.excuse(i, rec) == "" {
			e.t.Errorf("%s is held: %s: %s", name, rec.Code, rec.Message)
		}
	case state.Done:
		e.checkDone(name, i, rec)
	}
}

// checkDone compares a done item with its file and with the books: the picture is there, whole, of this item and of its words,
// and one that another client has made is marked.
func (e *ending) checkDone(name string, i int, rec state.Record) {
	task, known := e.tasks[rec.Task]
	if known && (task.Prompt != e.asked[i].Prompt || task.Model != e.asked[i].Model) {
		e.t.Errorf("%s shows a picture of %q by %s, want %q by %s", name, task.Prompt, task.Model, e.asked[i].Prompt, e.asked[i].Model)
	}
	if known && !ours(task) {
		e.checkForeign(name, task, rec)
	}
	for _, p := range rec.Pictures {
		b, there := e.disk.Content(p.File)
		if e.edited(p.File, b) || known && e.forgotten(task) {
			continue
		}
		id, _ := pictures.ReadIdentity(e.disk, p.File)
		if _, err := imagefile.Inspect(b); !there || err != nil || id.Key != rec.Key || id.Task != rec.Task {
			e.t.Errorf("%s is done, and %s is there %v, whole %v, and says it is of item %q and task %q, want %q", name, p.File, there, err == nil, id.Key, id.Task, rec.Task)
		}
	}
}

// checkForeign wants a picture that another client has made to be marked, and to be one that our own submission could have made.
// A state file that has lost its end to a power cut, or a whole one, leaves more to guess.
func (e *ending) checkForeign(name string, task emulator.Task, rec state.Record) {
	if rec.Adopted == "" {
		e.t.Errorf("%s shows the picture of another client, and does not say so", name)
	}
	if !e.endLost() && !e.trouble.could(tasklist.PromptKey(task.Model, task.Prompt), task.Submitted) {
		e.t.Errorf("%s shows the picture of another client, made at %s, when none of its own submissions was on its way", name, task.Submitted.Format(time.TimeOnly))
	}
}

// checkResults wants the reports to mark what another client has made, and to tell no seed that the picture was not made with.
func (e *ending) checkResults() {
	if len(e.visits) == 0 && e.lost == 0 && !slices.ContainsFunc(e.finals, func(rec state.Record) bool { return rec.Adopted != "" }) {
		return // the reports are those of other tests
	}
	b, closeAll := e.look(e.sheet.whole)
	defer closeAll()
	for row, err := range b.View().Results() {
		if err != nil {
			e.t.Fatal(err)
		}
		task, known := e.tasks[row.TaskID]
		if known && !ours(task) && row.Adopted == "" {
			e.t.Errorf("row %d of the results is another client's and does not say so", row.Row)
		}
		if known && row.Status == "done" && row.Seed != nil && *row.Seed != task.Seed {
			e.t.Errorf("row %d of the results tells the seed %d, and task %s (ours %v, adopted %q) was made with %d", row.Row, *row.Seed, task.ID, ours(task), row.Adopted, task.Seed)
		}
	}
}

// edited reports whether a file holds what somebody has made of it himself.
func (e *ending) edited(file string, b []byte) bool {
	return slices.ContainsFunc(e.touched, func(t touched) bool {
		return (t.kind == "edited" || t.kind == "stripped") && bytes.Equal(t.after, b)
	})
}

// checkTouched wants what somebody has made of a picture to be there still, under whatever name; only an empty file is nothing.
func (e *ending) checkTouched() {
	there := func(b []byte) bool {
		return slices.ContainsFunc(e.disk.Files(), func(file string) bool { return bytes.Equal(e.content(file), b) })
	}
	for _, t := range e.touched {
		if !t.over && len(t.after) > 0 && !there(t.after) {
			e.t.Errorf("%s was %s, and what somebody made of it is gone", t.file, t.kind)
		}
	}
}

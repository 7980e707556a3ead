package settle

import (
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/qwenbatch/qwenbatch/batch/tasklist"
	"github.com/qwenbatch/qwenbatch/client"
)

// Orphans are tasks that succeeded, that no record knows and that may be ours, by their prompts. A
// prompt is named by its [tasklist.PromptKey]. The zero value is empty.
type Orphans struct {
	mu    sync.Mutex
	tasks map[string]orphanQueue
}

// An orphanQueue is the orphans with the same prompt, oldest first.
type orphanQueue struct {
	since time.Time // when the first of them was created
	owed  int       // how many of them the budget counts already
	rows  []client.TaskInfo
	// crowd is how many there were if fewer items wanted one, so that it cannot be told which are
	// theirs; else 0.
	crowd int
}

// An Orphan is a task that an item may take.
type Orphan struct {
	client.TaskInfo
	// Since is when the oldest with its prompt was created.
	Since time.Time
	// Owed says that the budget counts it already (Reserve).
	Owed bool
}

// Add appends a task.
func (o *Orphans) Add(prompt string, row client.TaskInfo) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.tasks == nil {
		o.tasks = map[string]orphanQueue{}
	}
	queue := o.tasks[prompt]
	if queue.rows == nil {
		queue.since = row.Created
	}
	queue.rows = append(queue.rows, row)
	o.tasks[prompt] = queue
}

// Empty reports whether there are none.
func (o *Orphans) Empty() bool { return len(o.Rows()) == 0 }

// Rows are all that are left, by task.
func (o *Orphans) Rows() map[string]client.TaskInfo {
	o.mu.Lock()
	defer o.mu.Unlock()
	rows := map[string]client.TaskInfo{}
	for _, queue := range o.tasks {
		for _, row := range queue.rows {
			rows[row.ID] = row
		}
	}
	return rows
}

// Reserve marks one more with this prompt as counted in the budget; false if all are.
func (o *Orphans) Reserve(prompt string) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	queue := o.tasks[prompt]
	if queue.crowd > 0 || queue.owed >= len(queue.rows) {
		return false
	}
	queue.owed++
	o.tasks[prompt] = queue
	return true
}

// Take removes and returns the first with this prompt that is not among the released.
func (o *Orphans) Take(prompt string, released []string) (one Orphan, ok bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	queue := o.tasks[prompt]
	i := slices.IndexFunc(queue.rows, func(row client.TaskInfo) bool {
		return !slices.Contains(released, row.ID)
	})
	if i < 0 {
		return Orphan{}, false
	}
	one = Orphan{queue.rows[i], queue.since, queue.owed > 0}
	queue.rows, queue.owed = slices.Delete(slices.Clone(queue.rows), i, i+1), max(0, queue.owed-1)
	o.tasks[prompt] = queue
	return one, true
}

// PutBack returns one whose picture was not what the item asked for.
func (o *Orphans) PutBack(prompt string, one Orphan) {
	o.mu.Lock()
	defer o.mu.Unlock()
	queue := o.tasks[prompt]
	queue.rows = append(queue.rows, one.TaskInfo)
	if one.Owed {
		queue.owed++
	}
	o.tasks[prompt] = queue
}

// FindCrowds marks the prompts of which there are more unclaimed tasks than items that want one,
// if any does: another client of the account may have submitted some of them, with the same
// prompt and another seed.
func (o *Orphans) FindCrowds(wanted map[string]int, claims *tasklist.Claims) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	for prompt, queue := range o.tasks {
		rows := map[string]client.TaskInfo{}
		for _, row := range queue.rows {
			rows[row.ID] = row
		}
		known, err := claims.Claimed(rows)
		if err != nil {
			return err
		}
		if n := len(rows) - len(known); n > wanted[prompt] && wanted[prompt] > 0 {
			queue.crowd = n
			o.tasks[prompt] = queue
		}
	}
	return nil
}

// Crowd is how many tasks with this prompt were found, if FindCrowds has marked it; else 0.
func (o *Orphans) Crowd(prompt string) int {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.tasks[prompt].crowd
}

// Unclaimed are those that no item has taken, by task.
func (o *Orphans) Unclaimed(claims *tasklist.Claims) (map[string]client.TaskInfo, error) {
	rows := o.Rows()
	known, err := claims.Claimed(rows)
	if err != nil {
		return nil, err
	}
	maps.DeleteFunc(rows, func(id string, _ client.TaskInfo) bool { return known[id] })
	return rows, nil
}

package batch

import (
	"path"
	"slices"

	"github.com/qwenbatch/qwenbatch/batch/pictures"
	"github.com/qwenbatch/qwenbatch/batch/state"
	"github.com/qwenbatch/qwenbatch/client"
	"github.com/qwenbatch/qwenbatch/output/durable"
	"github.com/qwenbatch/qwenbatch/output/imagefile"
)

// A savedPicture names a picture of a task: the number counts from 0.
type savedPicture struct {
	task   string
	number int
}

// findSaved looks for pictures of open tasks that an earlier run put in place and did not
// record, and for whole parts that only want their name. They are not downloaded again. Other
// parts are removed: nobody can tell what they are.
func (r *run) findSaved(tasks map[string]state.Record) error {
	parts, err := durable.Leftovers(r.o.Disk, state.ImagesDir)
	if err != nil {
		return err
	}
	for _, part := range parts {
		if err := r.finishPart(part, tasks); err != nil {
			return err
		}
	}
	if len(tasks) == 0 {
		return nil
	}
	names := namesOf(tasks)
	var found []string
	for file, err := range r.o.Disk.List(state.ImagesDir) {
		if err != nil {
			return err
		}
		if names[pictures.Stem(file)] {
			found = append(found, path.Join(state.ImagesDir, file))
		}
	}
	slices.Sort(found)
	for _, name := range found {
		r.findPicture(name, tasks)
	}
	return nil
}

// namesOf are the stems that pictures of open tasks can bear.
func namesOf(tasks map[string]state.Record) map[string]bool {
	names := map[string]bool{}
	for _, rec := range tasks {
		for i := range max(1, rec.Sent.N) {
			names[pictures.Stem(pictures.FileName(rec.Name, i, ".png"))] = true
		}
	}
	return names
}

// finishPart gives a part its name if it is a whole picture of an open task, else removes it.
func (r *run) finishPart(part string, tasks map[string]state.Record) error {
	found, whole := r.inspect(part)
	id := found.identity
	rec, ours := tasks[id.Task]
	if !whole || !ours || id.Key != rec.Key {
		return r.o.Disk.Remove(part)
	}
	name := pictures.FileName(rec.Name, id.Number, found.ext)
	_, err := durable.Finish(r.o.Disk, part, state.ImagesDir, name)
	return err
}

// finishLost gives whole parts their names that no open task will ask for: of the synchronous
// interface, which has none, and of a state that was lost. unknownPictures takes them in.
func (r *run) finishLost() error {
	parts, err := durable.Leftovers(r.o.Disk, state.ImagesDir)
	if err != nil {
		return err
	}
	for _, part := range parts {
		found, whole := r.inspect(part)
		id := found.identity
		k, err := state.ParseKey(id.Key)
		if !whole || err != nil {
			continue
		}
		if i, known := r.state.Find(k); known && r.state.Entry(i).Phase() != state.Intent {
			continue
		}
		if _, err := durable.Finish(r.o.Disk, part, state.ImagesDir,
			pictures.FileName(id.Name, id.Number, found.ext)); err != nil {
			return err
		}
	}
	return nil
}

// findPicture remembers a whole picture of an open task.
func (r *run) findPicture(name string, tasks map[string]state.Record) {
	found, whole := r.inspect(name)
	id := found.identity
	at := savedPicture{id.Task, id.Number}
	if _, known := r.saved[at]; known { // from its record, which tells more
		return
	}
	rec, ours := tasks[id.Task]
	if !whole || !ours || id.Key != rec.Key {
		return
	}
	// else it stands in another's place
	if pictures.IsNamed(name, rec.Name, id.Number) {
		r.saved[at] = found.picture
	}
}

// A foundPicture is a file that tells whose it is.
type foundPicture struct {
	identity state.Identity
	picture  state.Picture
	ext      string
}

// inspect reads a file of ours; whole is false where it is not to be trusted.
func (r *run) inspect(name string) (found foundPicture, whole bool) {
	id, ours := state.ReadIdentity(r.o.Disk, name)
	if !ours {
		return foundPicture{}, false
	}
	b, err := pictures.Read(r.o.Disk, name)
	if err != nil {
		return foundPicture{identity: id}, false
	}
	p, err := imagefile.Inspect(b)
	return foundPicture{id, state.PictureOf(name, p, b), p.Ext}, err == nil
}

// savedOf are the pictures of an open task that are on disk already.
func (r *run) savedOf(rec *state.Record) []state.Picture {
	var all []state.Picture
	for i := range max(1, rec.Sent.N) {
		if p, ok := r.saved[savedPicture{rec.Task, i}]; ok {
			all = append(all, p)
		}
	}
	return all
}

// savedTask stands in for a task that the service has forgotten and whose pictures are on disk.
func (r *run) savedTask(rec *state.Record) client.Task {
	t := client.Task{ID: rec.Task, Status: client.Succeeded}
	for i := range max(1, rec.Sent.N) {
		if _, ok := r.saved[savedPicture{rec.Task, i}]; ok {
			t.Results = append(t.Results, client.Result{URL: "saved"})
		} else {
			t.Results = append(t.Results, client.Result{
				Code: "Expired", Message: "it was not fetched in time"})
		}
	}
	return t
}

package pictures

import (
	"errors"
	"io/fs"
	"path"
	"slices"

	"github.com/qwenbatch/qwenbatch/batch/state"
	"github.com/qwenbatch/qwenbatch/client"
	"github.com/qwenbatch/qwenbatch/output/durable"
)

// Found are the files of open tasks that were in the folder when the run began: whole pictures,
// which are not downloaded again, and damaged ones, which make room for what is. Add and Find
// come before the first download; after that it is safe for concurrent use.
type Found struct {
	folder  *Folder
	whole   map[pictureOf]state.Picture
	damaged map[pictureOf]state.Picture
}

// A pictureOf is a picture of a task, by its number from 0.
type pictureOf struct {
	task   string
	number int
}

// NewFound returns what was found in the folder, which is nothing yet.
func NewFound(f *Folder) *Found {
	return &Found{f, map[pictureOf]state.Picture{}, map[pictureOf]state.Picture{}}
}

// Add takes the pictures that the record of an open task names, as the inventory has them.
func (f *Found) Add(rec state.Record, v *Inventory) {
	for i, p := range rec.Pictures {
		at := pictureOf{rec.Task, numberOf(rec, rec.Name, i)}
		switch p, there := v.InPlace(p); {
		case !there:
		case p.Damage != "":
			f.damaged[at] = p
		default:
			f.whole[at] = p
		}
	}
}

// Find looks for pictures of open tasks, by task id, that a run has put in place and not recorded,
// and for whole parts, which it gives their names. Other parts are removed: nobody can tell what
// they are.
func (f *Found) Find(tasks map[string]state.Record) error {
	disk := f.folder.disk
	parts, err := durable.Leftovers(disk, ImagesDir)
	if err != nil {
		return err
	}
	for _, part := range parts {
		if err := finishPart(disk, part, tasks); err != nil {
			return err
		}
	}
	if err := removeReplacedParts(disk); err != nil || len(tasks) == 0 {
		return err
	}
	stems := stemsOf(tasks)
	var files []string
	for name, err := range disk.List(ImagesDir) {
		if err != nil {
			return err
		}
		if stems[stem(name)] {
			files = append(files, path.Join(ImagesDir, name))
		}
	}
	slices.Sort(files)
	for _, file := range files {
		f.find(file, tasks)
	}
	return nil
}

// stemsOf returns the stems that pictures of open tasks can have.
func stemsOf(tasks map[string]state.Record) map[string]bool {
	stems := map[string]bool{}
	for _, rec := range tasks {
		for i := range max(1, rec.Sent.N) {
			stems[stem(FileName(rec.Name, i, ".png"))] = true
		}
	}
	return stems
}

// finishPart gives a part its name if it is a whole picture of an open task, else removes it.
func finishPart(disk durable.Disk, part string, tasks map[string]state.Record) error {
	found, whole := identify(disk, part)
	id := found.identity
	rec, ours := tasks[id.Task]
	if !whole || !ours || id.Key != rec.Key {
		return disk.Remove(part)
	}
	_, err := durable.Finish(disk, part, ImagesDir, FileName(rec.Name, id.Number, found.ext))
	return err
}

// removeReplacedParts removes the parts in images/replaced, if there is such a folder: each is of
// a copy whose original is still in its place.
func removeReplacedParts(disk durable.Disk) error {
	parts, err := durable.Leftovers(disk, replacedDir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	for _, part := range parts {
		err = errors.Join(err, disk.Remove(part))
	}
	return err
}

// find remembers a whole picture of an open task which is in its place. What its record tells of
// it is more, and stays.
func (f *Found) find(file string, tasks map[string]state.Record) {
	found, whole := identify(f.folder.disk, file)
	id := found.identity
	at := pictureOf{id.Task, id.Number}
	if _, known := f.whole[at]; known {
		return
	}
	rec, ours := tasks[id.Task]
	if whole && ours && id.Key == rec.Key && isNamed(file, rec.Name, id.Number) {
		f.whole[at] = found.picture
	}
}

// Picture returns the number-th picture of a task, from 0, if it is in the folder.
func (f *Found) Picture(task string, number int) (state.Picture, bool) {
	p, whole := f.whole[pictureOf{task, number}]
	return p, whole
}

// Count returns how many pictures of a record's task are in the folder.
func (f *Found) Count(rec state.Record) int {
	n := 0
	for i := range max(1, rec.Sent.N) {
		if _, whole := f.Picture(rec.Task, i); whole {
			n++
		}
	}
	return n
}

// Task stands in for a task that the service has forgotten and whose pictures are in the folder.
func (f *Found) Task(rec state.Record) client.Task {
	t := client.Task{ID: rec.Task, Status: client.Succeeded}
	for i := range max(1, rec.Sent.N) {
		result := client.Result{URL: "saved"}
		if _, whole := f.Picture(rec.Task, i); !whole {
			result = client.Result{Code: "Expired", Message: "it was not fetched in time"}
		}
		t.Results = append(t.Results, result)
	}
	return t
}

// MakeRoom moves the file in the place of a picture of a task that was damaged when the run began
// to images/replaced. It looks at the file again, since a download may have waited for hours: one
// that is whole by now stays and is returned, and another item's stays. Rec is as it is recorded.
func (f *Found) MakeRoom(rec state.Record, number int) (whole state.Picture, is bool, err error) {
	p, damaged := f.damaged[pictureOf{rec.Task, number}]
	n := slices.IndexFunc(rec.Pictures, func(q state.Picture) bool { return q.File == p.File })
	if !damaged || n < 0 {
		return state.Picture{}, false, nil
	}
	err = f.folder.underName(p.File, func() error {
		info, err := f.folder.disk.Lstat(p.File)
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err != nil {
			return err
		}
		whole = examine(f.folder.disk, rec, n, info.Size())
		if is = whole.Damage == ""; is {
			return nil
		}
		if another, err := f.folder.ofAnother(p.File, rec.Key); err != nil || another {
			return err
		}
		return f.folder.replaceDamaged(p.File)
	})
	return whole, is, err
}

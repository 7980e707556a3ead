package batch

import (
	"errors"
	"fmt"
	"path"

	"github.com/qwenbatch/qwenbatch/batch/pictures"
	"github.com/qwenbatch/qwenbatch/batch/state"
	"github.com/qwenbatch/qwenbatch/manifests"
	"github.com/qwenbatch/qwenbatch/output/durable"
	"github.com/qwenbatch/qwenbatch/output/filename"
)

// A done item whose row, or --name, says another name than before gets its pictures renamed,
// without cost. Names may go round in a circle, so there are three rounds: first those whose
// names are free; then what stands in another's way goes to a name beside the one it wants;
// then that one gets it too. A round takes no name that was taken when it began, and ends with
// durable records: so whatever a crash leaves, a record's old name is its picture's or
// nobody's, and a picture under its new name, or beside it, says itself whose it is.

// noteName keeps what the next item's file is to be called. Most manifests name none.
func (b *Batch) noteName(it *manifests.Item) {
	if b.named == nil && it.Named() {
		b.named = make([]uint64, len(b.idents)-1)
	}
	if b.named != nil {
		b.named = append(b.named, 0)
	}
	if it.Named() {
		b.named[len(b.named)-1] = pictures.FileHash(it.Picture())
	}
}

// misnamed reports whether the pictures of the i-th item, which is done, want other names.
func (b *Batch) misnamed(i int) bool {
	m := b.matches[i]
	if b.named == nil || b.named[i] == 0 || b.skipped[i] || m.Entry < 0 || m.Changed {
		return false
	}
	e := b.state.Entry(int(m.Entry))
	if e.Phase() != state.Done || e.FileHash == 0 || e.FileHash == b.named[i] {
		return false
	}
	rec, err := b.state.Get(int(m.Entry))
	// an error comes back where the record is read to be changed
	return err != nil || pictures.FileHash(rec.Name) != b.named[i]
}

// A renaming is an item that wants another name.
type renaming struct {
	rec  state.Record
	want string
}

// rename gives all pictures the names that the manifest says now.
func (r *run) rename() error {
	all, err := r.renamings()
	if err != nil || len(all) == 0 {
		return err
	}
	blocked, err := r.renameRound(all, false)
	if err != nil || len(blocked) == 0 {
		return err
	}
	if _, err := r.renameRound(blocked, true); err != nil {
		return err
	}
	beside, err := r.renameRound(blocked, false)
	for _, n := range beside { // the name is somebody else's
		n.rec.Name = n.want
		err = errors.Join(err, r.state.Put(n.rec, false))
	}
	return errors.Join(err, r.state.Sync())
}

// renamings are all items that want another name. One that is made again gets it then.
func (r *run) renamings() ([]renaming, error) {
	if r.b.named == nil {
		return nil, nil
	}
	var all []renaming
	for i, it := range r.b.items() {
		if it.err != nil {
			return nil, it.err
		}
		if !r.b.misnamed(i) || r.b.redoes(r.b.matches[i].Entry) {
			continue
		}
		rec, err := r.state.Get(int(r.b.matches[i].Entry))
		if err != nil {
			return nil, err
		}
		all = append(all, renaming{rec, it.Picture()})
	}
	return all, nil
}

// renameRound renames those whose names are free, or with beside gives each the next free name.
// It returns the others.
func (r *run) renameRound(all []renaming, beside bool) (blocked []renaming, err error) {
	there, err := r.standing(all)
	if err != nil {
		return nil, err
	}
	var moved []state.Record
	for i := range all {
		to, free := r.targets(&all[i], there, beside)
		if !free {
			blocked = append(blocked, all[i])
			continue
		}
		if err := r.move(&all[i], to); err != nil {
			return nil, err
		}
		if !beside { // else it still wants another
			all[i].rec.Name = all[i].want
		}
		for _, name := range to {
			there[filename.Fold(name)] = append(there[filename.Fold(name)], name)
		}
		moved = append(moved, all[i].rec)
	}
	if err := r.o.Disk.SyncDir(state.ImagesDir); err != nil {
		return nil, err
	}
	for _, rec := range moved {
		if err := r.state.Put(rec, false); err != nil {
			return nil, err
		}
	}
	return blocked, errors.Join(r.state.Sync(), r.b.pictures.Look(false))
}

// standing are the files of the folder, and those that records name, by what some file systems
// take for one name.
func (r *run) standing(all []renaming) (map[string][]string, error) {
	there := map[string][]string{}
	add := func(name string) {
		there[filename.Fold(name)] = append(
			there[filename.Fold(name)], name)
	}
	for name, err := range r.o.Disk.List(state.ImagesDir) {
		if err != nil {
			return nil, err
		}
		add(path.Join(state.ImagesDir, name))
	}
	for _, n := range all {
		for _, p := range n.rec.Pictures {
			add(p.File)
		}
	}
	return there, nil
}

// targets are the names that an item's pictures want, in their order; false where one is taken
// by another picture.
func (r *run) targets(n *renaming, there map[string][]string, beside bool) (
	to []string, free bool) {
	for i, p := range n.rec.Pictures {
		wanted := path.Join(state.ImagesDir, pictures.FileName(
			n.want, pictures.Number(n.rec, n.want, i), path.Ext(p.File)))
		name := wanted
		for again := 2; r.taken(name, there, n, i); again++ {
			if !beside {
				return nil, false
			}
			name = besideName(wanted, again)
		}
		to = append(to, name)
	}
	return to, true
}

func besideName(name string, n int) string {
	ext := path.Ext(name)
	return fmt.Sprintf("%s~%d%s", name[:len(name)-len(ext)], n, ext)
}

// taken reports whether a name is that of another file than the i-th picture of an item.
func (r *run) taken(name string, there map[string][]string, n *renaming, i int) bool {
	for _, other := range there[filename.Fold(name)] {
		if other != n.rec.Pictures[i].File && !r.moved(other, n, i) {
			return true
		}
	}
	if len(there[filename.Fold(name)]) > 0 {
		return false
	}
	other, err := durable.Exists(r.o.Disk, name) // a link, say, which is none of the files
	return other || err != nil
}

// moved reports whether a run that died had given the i-th picture of an item that name: the
// file says itself whose it is. Where the old name still stands, that is a copy which somebody
// may have worked on.
func (r *run) moved(name string, n *renaming, i int) bool {
	there, err := durable.Exists(r.o.Disk, n.rec.Pictures[i].File)
	return err == nil && !there && pictures.IsOf(r.o.Disk, name, n.rec, n.want, i)
}

// move renames the pictures of an item and notes it in its record, which the caller makes durable.
func (r *run) move(n *renaming, to []string) error {
	rec := n.rec
	rec.Pictures = nil
	for i, p := range n.rec.Pictures {
		from, err := r.whereabouts(n, i, to[i])
		if err == nil && from != "" && from != to[i] {
			err = r.o.Disk.Rename(from, to[i])
		}
		if err != nil {
			return err
		}
		p.File = to[i]
		rec.Pictures = append(rec.Pictures, p)
	}
	rec.At = r.clock.Now()
	n.rec = rec
	return nil
}

// whereabouts is where the i-th picture of an item stands: in its place, or where a run that
// died has left it on its way to a name; "" where it is gone.
func (r *run) whereabouts(n *renaming, i int, to string) (string, error) {
	name := n.rec.Pictures[i].File
	there, err := durable.Exists(r.o.Disk, name)
	for again := 1; err == nil; again++ {
		another := false
		if there && again == 1 {
			another, err = r.ofAnother(name, n.rec.Key)
		}
		switch {
		case err != nil:
			return "", err
		case there && (again == 1 && !another || pictures.IsOf(r.o.Disk, name, n.rec, n.want, i)):
			return name, nil
		case !there && again > 2:
			return "", nil
		}
		if name = to; again > 1 {
			name = besideName(to, again)
		}
		there, err = durable.Exists(r.o.Disk, name)
	}
	return "", err
}

package cli

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/qwenbatch/qwenbatch/batch/pictures"
	"github.com/qwenbatch/qwenbatch/batch/state"
	"github.com/qwenbatch/qwenbatch/cli/term"
	"github.com/qwenbatch/qwenbatch/output/durable"
)

// outHelp is the help text of --out.
const outHelp = "output folder (default NAME-output beside the manifest; with --rehearse " +
	"NAME-rehearsal in the current folder)"

// folderOf returns the output folder: --out where it is given, else NAME-output beside the
// manifest, so that cron and another terminal find the same one. That of a rehearsal is NAME-
// rehearsal in the current folder.
func folderOf(out, manifest string, rehearsal bool) string {
	if manifest != fromStdin {
		manifest = filepath.Clean(manifest) // a folder of pictures may end in a slash
	}
	name := strings.TrimSuffix(filepath.Base(manifest), filepath.Ext(manifest))
	switch {
	case out != "":
		return filepath.Clean(out)
	case manifest == fromStdin:
		return "" // there is none yet
	case rehearsal:
		return name + "-rehearsal"
	}
	return filepath.Join(filepath.Dir(manifest), name+"-output")
}

// notItsReport refuses a manifest that is a report of its own output folder, since the next
// report would replace it.
func notItsReport(manifest, folder string) error {
	name := filepath.Base(manifest)
	if !slices.Contains([]string{"results.csv", "results.jsonl", "results.xlsx"}, name) {
		return nil
	}
	at, err := os.Stat(filepath.Dir(manifest))
	out, outErr := os.Stat(folder)
	if err != nil || outErr != nil || !os.SameFile(at, out) {
		return nil
	}
	return &mistake{
		text: fmt.Sprintf("%s is a report of the folder %s, and the next one would take its place",
			term.Quote(manifest), folder),
		hint: "copy it to another folder, under a name of your own"}
}

// noFolder returns the mistake of an --out that names a file, nil for anything else.
func noFolder(path string) error {
	if info, err := os.Stat(path); err != nil || info.IsDir() {
		return nil
	}
	return &mistake{text: term.Quote(path) + " is a file, and --out names a folder",
		hint: "pictures and reports go there; name another, or leave --out out"}
}

// takeFolder makes the output folder and locks it for one run.
func (p *program) takeFolder(path string) (dir *durable.Dir, lock *durable.FolderLock, err error) {
	if dir, err = durable.OpenDir(path); err != nil {
		return nil, nil, cmp.Or(noFolder(path), notWritable(path, err))
	}
	lock, err = durable.LockFolder(dir)
	if err == nil {
		if lock.Unguarded {
			p.warn("the file system of " + term.Quote(path) +
				" has no locks: nothing keeps a second run out; start none before this " +
				"one has ended")
		}
		return dir, lock, nil
	}
	dir.Close()
	if errors.Is(err, durable.ErrLocked) {
		return nil, nil, fmt.Errorf("%w (%s)", state.ErrLocked, path)
	}
	return nil, nil, notWritable(path, err)
}

// openCache opens the folder of this user where batches keep each other from adopting the same
// task.
func openCache() (*durable.Dir, error) {
	cache, err := os.UserCacheDir()
	if err != nil {
		return nil, err
	}
	return durable.OpenDir(filepath.Join(cache, "qwenbatch", "tasks"))
}

// notWritable is the mistake of an output folder that cannot be written.
func notWritable(path string, err error) error {
	var detail *fs.PathError
	if errors.As(err, &detail) {
		err = detail.Err
	}
	m := &mistake{text: fmt.Sprintf("the output folder %s cannot be written: %v", term.Quote(path),
		err), hint: "name another with --out DIR"}
	if hasState(path) {
		m.hint = "make it writable: a batch is in it, which would be paid again in another folder"
	}
	return m
}

// readFolder opens the output folder of an earlier run for reading; nil where there is none.
func readFolder(path string) (*durable.Dir, error) {
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err := noFolder(path); err != nil {
		return nil, err
	}
	return durable.OpenDir(path)
}

// A readOnlyDisk is a disk whose state file is read and never changed: a run may be writing it
// at this moment, and what looks like a torn last line may still be on its way. Other files can
// be written only where reports is set.
type readOnlyDisk struct {
	durable.Disk
	reports bool
}

// Append opens for reading only; what is written is dropped.
func (g readOnlyDisk) Append(name string) (durable.File, error) {
	f, err := g.Disk.Open(name)
	if err != nil {
		return nil, err
	}
	return readOnlyFile{f}, nil
}

// Create creates files where reports may be written.
func (g readOnlyDisk) Create(name string) (durable.File, error) {
	if !g.reports {
		return nil, &fs.PathError{Op: "create", Path: name, Err: fs.ErrPermission}
	}
	return g.Disk.Create(name)
}

// A readOnlyFile accepts changes and drops them.
type readOnlyFile struct{ durable.File }

func (readOnlyFile) Write(p []byte) (int, error) { return len(p), nil }
func (readOnlyFile) Truncate(int64) error        { return nil }
func (readOnlyFile) Sync() error                 { return nil }

// An emptyDisk is the disk of a batch that was never run: it has no files, and none can be
// created.
type emptyDisk struct{}

// Lock locks nothing, since a reader must not keep a run out.
func (readOnlyDisk) Lock(string) (io.Closer, error) { return io.NopCloser(nil), nil }

func notExist(op, name string) error {
	return &fs.PathError{
		Op: op, Path: name, Err: fs.ErrNotExist}
}

func (emptyDisk) Create(name string) (durable.File, error) { return nil, notExist("create", name) }
func (emptyDisk) Open(name string) (durable.File, error)   { return nil, notExist("open", name) }
func (emptyDisk) Append(name string) (durable.File, error) { return nil, notExist("open", name) }
func (emptyDisk) Rename(from, _ string) error              { return notExist("rename", from) }
func (emptyDisk) Remove(name string) error                 { return notExist("remove", name) }
func (emptyDisk) Mkdir(name string) error                  { return notExist("mkdir", name) }
func (emptyDisk) List(name string) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) { yield("", notExist("open", name)) }
}
func (emptyDisk) Sizes(name string) iter.Seq2[durable.FileSize, error] {
	return func(yield func(durable.FileSize, error) bool) {
		yield(durable.FileSize{}, notExist("open", name))
	}
}
func (emptyDisk) Lstat(name string) (fs.FileInfo, error) { return nil, notExist("lstat", name) }
func (emptyDisk) Place(string) string                    { return "" }
func (emptyDisk) Lock(name string) (io.Closer, error)    { return nil, notExist("lock", name) }
func (emptyDisk) SyncDir(string) error                   { return nil }

// hasTraces reports whether a folder without a state file has had one, of which a run rebuilds what
// it can.
func hasTraces(folder string) bool {
	dir, err := readFolder(folder)
	if err != nil || dir == nil {
		return false
	}
	defer dir.Close()
	trace, err := pictures.Traces(dir)
	return err != nil || trace != ""
}

// hasState reports whether a folder has a state file.
func hasState(folder string) bool {
	dir, err := readFolder(folder)
	if err != nil || dir == nil {
		return false
	}
	defer dir.Close()
	_, err = dir.Lstat("state.jsonl")
	return err == nil
}

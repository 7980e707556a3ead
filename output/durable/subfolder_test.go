package durable

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
)

// swap moves images/ away, as somebody does who wants an empty one, and makes another.
func swap(t *testing.T, d *Dir, to string) {
	t.Helper()
	images := filepath.Join(d.Path(), "images")
	if err := os.Rename(images, filepath.Join(d.Path(), to)); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(images, 0o755); err != nil {
		t.Fatal(err)
	}
}

func publish(t *testing.T, d *Dir, name string) {
	t.Helper()
	if used, err := Publish(d, "images", name, []byte(paid)); used != name || err != nil {
		t.Fatalf("Publish(%s) = %q, %v", name, used, err)
	}
}

func stands(d *Dir, name string) bool {
	_, err := os.Lstat(filepath.Join(d.Path(), name))
	return err == nil
}

// Where images/ is another folder than before, that one is used.
func TestSubfolderReplaced(t *testing.T) {
	d := openTemp(t)
	d.Mkdir("images")
	publish(t, d, "a.png")
	publish(t, d, "b.png")
	swap(t, d, "old")
	if _, err := d.Lstat("images/a.png"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("Lstat of what was moved = %v", err)
	}
	if err := d.Remove("images/b.png"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("Remove of what was moved = %v", err)
	}
	publish(t, d, "a.png")
	for name, want := range map[string]bool{"old/a.png": true, "old/b.png": true, "images/a.png": true, "images/b.png": false} {
		if stands(d, name) != want {
			t.Errorf("%s stands: %v, want %v", name, !want, want)
		}
	}
	os.RemoveAll(filepath.Join(d.Path(), "images"))
	if _, err := Publish(d, "images", "c.png", []byte(paid)); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("Publish into a folder that is gone = %v", err)
	}
	if err := d.SyncDir("images"); runtime.GOOS != "windows" && !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("SyncDir of a folder that is gone = %v", err)
	}
	d.Mkdir("images")
	publish(t, d, "c.png")
}

// A picture that gets its name in a folder that was moved is not saved, though nothing has gone wrong there.
func TestSubfolderMovedBeforeRename(t *testing.T) {
	d := openTemp(t)
	d.Mkdir("images")
	f, err := d.Create("images/part")
	if err != nil {
		t.Fatal(err)
	}
	f.Close()
	s := d.keep("images")
	if s == nil {
		t.Skip("nothing is kept open here")
	}
	swap(t, d, "old")
	err = d.renameWithin(s, "images/part", "images/a.png")
	if !errors.Is(err, ErrMoved) || !strings.Contains(err.Error(), "images/a.png") {
		t.Errorf("rename in the folder that was moved = %v, want ErrMoved", err)
	}
	if err := d.Rename("images/part", "images/a.png"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("Rename after that = %v, want ErrNotExist", err)
	}
	if stands(d, "images/a.png") || !stands(d, "old/a.png") {
		t.Error("the file is not where it was put")
	}
}

// A link in the folder's place leads to where it leads now, and never out.
func TestH11LinkedSubfolder(t *testing.T) {
	d := openTemp(t)
	images := filepath.Join(d.Path(), "images")
	for _, name := range []string{"one", "two"} {
		d.Mkdir(name)
		os.Remove(images)
		if err := os.Symlink(name, images); err != nil {
			t.Skip(err)
		}
		publish(t, d, "a.png")
		if !stands(d, name+"/a.png") {
			t.Errorf("nothing stands in %s", name)
		}
	}
	outside := t.TempDir()
	os.Remove(images)
	os.Symlink(outside, images)
	if used, err := Publish(d, "images", "b.png", []byte(paid)); err == nil {
		t.Errorf("Publish through a link out = %q", used)
	}
	if entries, _ := os.ReadDir(outside); len(entries) > 0 {
		t.Errorf("outside holds %v", entries)
	}
}

func TestSubfolderErrors(t *testing.T) {
	d := openTemp(t)
	d.Mkdir("images")
	publish(t, d, "a.png")
	_, create := d.Create("images/a.png")
	_, lstat := d.Lstat("images/b.png")
	for name, err := range map[string]error{"images/a.png": create, "images/b.png": lstat, "images/c.png": d.Remove("images/c.png"),
		"images/d.png": d.Rename("images/none", "images/d.png"), "images/none": d.Rename("images/none", "images/d.png")} {
		if err == nil || !strings.Contains(err.Error(), " "+name) {
			t.Errorf("%v does not name %s", err, name)
		}
	}
	if err := d.Close(); err != nil {
		t.Error(err)
	}
	if _, err := d.Create("images/e.png"); !errors.Is(err, fs.ErrClosed) {
		t.Errorf("Create after Close = %v", err)
	}
}

// Many goroutines save pictures while images/ is moved away over and over: each goes to one folder whole, or fails since
// the folder has gone from under it.
func TestSubfolderReplacedUnderLoad(t *testing.T) {
	d := openTemp(t)
	d.Mkdir("images")
	saved := make(chan string, 8*50)
	var workers sync.WaitGroup
	for w := range 8 {
		workers.Go(func() {
			for i := range 50 {
				name := fmt.Sprintf("%d-%d.png", w, i)
				_, err := Put(d, "images", name, []byte(paid))
				if err == nil {
					saved <- name
				} else if !errors.Is(err, fs.ErrNotExist) && !errors.Is(err, ErrMoved) {
					t.Errorf("Put = %v", err)
				}
			}
		})
	}
	for n := range 20 {
		if runtime.GOOS != "windows" { // there a folder in which files are open is not moved
			swap(t, d, fmt.Sprint("old", n))
		}
	}
	workers.Wait()
	close(saved)
	for name := range saved {
		found, err := filepath.Glob(filepath.Join(d.Path(), "*", name))
		if err != nil || len(found) != 1 {
			t.Errorf("%s stands in %v, %v", name, found, err)
		}
	}
}

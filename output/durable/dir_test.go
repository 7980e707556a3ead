package durable

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"testing"
)

const paid = "a paid picture, whole"

const (
	oldReport = "the old report"
	newReport = "the new report, which is longer"
)

func writeNew(w io.Writer) error {
	for _, word := range strings.SplitAfter(newReport, " ") {
		if _, err := io.WriteString(w, word); err != nil {
			return err
		}
	}
	return nil
}

func openTemp(t *testing.T) *Dir {
	t.Helper()
	d, err := OpenDir(filepath.Join(t.TempDir(), "made", "here"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.Close() })
	return d
}

func TestDirPublishesAndReplaces(t *testing.T) {
	d := openTemp(t)
	if err := Probe(d); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"一副.png", "一副~2.png"} {
		if got, err := Publish(d, "images", "一副.png", []byte(want)); got != want || err != nil {
			t.Errorf("Publish = %q, %v, want %q", got, err, want)
		}
	}
	for _, report := range []string{"old", "new"} {
		if err := Replace(d, "results.csv", func(w io.Writer) error { _, err := io.WriteString(w, report); return err }); err != nil {
			t.Error(err)
		}
	}
	want := map[string]string{"images/一副.png": "一副.png", "images/一副~2.png": "一副~2.png", "results.csv": "new"}
	for name, content := range want {
		if got, err := os.ReadFile(filepath.Join(d.Path(), name)); string(got) != content {
			t.Errorf("%s = %q, %v, want %q", name, got, err, content)
		}
	}
	if got := listing(t, d); len(got) != len(want) {
		t.Errorf("files = %v, want %v", got, want)
	}
}

func listing(t *testing.T, d *Dir) []string {
	t.Helper()
	var files []string
	err := fs.WalkDir(d.root.FS(), ".", func(name string, e fs.DirEntry, err error) error {
		if err == nil && !e.IsDir() {
			files = append(files, name)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

func TestDirAppend(t *testing.T) {
	d := openTemp(t)
	for _, word := range []string{"one,", "two,", "torn"} {
		f, err := d.Append("state.jsonl")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(f, word); err != nil {
			t.Error(err)
		}
		if err := errors.Join(f.Sync(), f.Close()); err != nil {
			t.Error(err)
		}
	}
	f, err := d.Append("state.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := f.Truncate(8); err != nil {
		t.Fatal(err)
	}
	io.WriteString(f, "three")
	if got, err := io.ReadAll(io.NewSectionReader(f, 0, 100)); string(got) != "one,two,three" || err != nil {
		t.Errorf("state.jsonl = %q, %v", got, err)
	}
	if info, err := f.Stat(); err != nil || info.Size() != 13 {
		t.Errorf("Stat = %v, %v", info, err)
	}
}

func TestDirMkdir(t *testing.T) {
	d := openTemp(t)
	if err := errors.Join(d.Mkdir("images"), d.Mkdir("images")); err != nil {
		t.Error(err)
	}
	if err := Replace(d, "file", func(io.Writer) error { return nil }); err != nil {
		t.Fatal(err)
	}
	if err := d.Mkdir("file"); !errors.Is(err, fs.ErrExist) {
		t.Errorf("Mkdir over a file = %v, want ErrExist", err)
	}
	if _, err := OpenDir(filepath.Join(d.Path(), "file")); err == nil {
		t.Error("OpenDir of a file = nil")
	}
}

func TestH10DirStaysInside(t *testing.T) {
	d := openTemp(t)
	for _, name := range []string{"../x", "/tmp/x", "images/../../x", "..", ""} {
		_, create := d.Create(name)
		_, open := d.Open(name)
		_, appending := d.Append(name)
		for what, err := range map[string]error{
			"Create": create, "Open": open, "Append": appending,
			"Mkdir": d.Mkdir(name), "Rename": d.Rename("x", name), "Remove": d.Remove(name),
		} {
			if err == nil {
				t.Errorf("%s(%q) = nil", what, name)
			}
		}
	}
}

// Whatever links somebody plants, nothing outside of the folder is written, read or removed.
func TestH11PlantedLinks(t *testing.T) {
	d := openTemp(t)
	outside := t.TempDir()
	precious := filepath.Join(outside, "precious")
	if err := os.WriteFile(precious, []byte("precious"), 0o600); err != nil {
		t.Fatal(err)
	}
	link := func(to, name string) {
		t.Helper()
		if err := os.Symlink(to, filepath.Join(d.Path(), name)); err != nil {
			t.Skipf("links cannot be made here: %v", err)
		}
	}
	d.Mkdir("images")
	link(precious, "images/a.png")
	link(filepath.Join(outside, "nowhere"), "images/b.png")
	link(precious, "state.jsonl")
	link(precious, "results.csv")
	link(outside, "linked")

	for _, name := range []string{"a.png", "b.png"} {
		used, err := Publish(d, "images", name, []byte(paid))
		if err != nil || used == name {
			t.Errorf("Publish(%s) = %q, %v, want another name", name, used, err)
		}
	}
	if used, err := Publish(d, "linked", "a.png", []byte(paid)); err == nil {
		t.Errorf("Publish through a linked folder = %q", used)
	}
	if err := d.Mkdir("linked"); err == nil {
		t.Error("Mkdir of a linked folder = nil")
	}
	if f, err := d.Append("state.jsonl"); err == nil {
		f.Close()
		t.Error("Append through a link = nil")
	}
	if f, err := d.Open("images/a.png"); err == nil {
		f.Close()
		t.Error("Open through a link = nil")
	}
	link("missing", "inside")
	for _, name := range []string{"inside", "images/a.png"} {
		if f, err := d.Create(name); !errors.Is(err, fs.ErrExist) {
			t.Errorf("Create(%s) = %v, %v, want ErrExist", name, f, err)
		}
	}
	if err := Replace(d, "results.csv", writeNew); err != nil {
		t.Errorf("Replace of a link = %v", err)
	}
	if got, err := os.ReadFile(precious); string(got) != "precious" {
		t.Errorf("precious = %q, %v", got, err)
	}
	if entries, _ := os.ReadDir(outside); len(entries) != 1 {
		t.Errorf("outside holds %v", entries)
	}
}

// TestD16ListsFilesOnly lists a folder with a file, a folder, and links: only files are pictures. It stays the same folder when
// another one comes in its place, and a link leads nowhere.
func TestD16ListsFilesOnly(t *testing.T) {
	path := filepath.Join(t.TempDir(), "out")
	d, err := OpenDir(path)
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	list := func(name string) (files []string, err error) {
		for file, e := range d.List(name) {
			if err = e; err == nil {
				files = append(files, file)
			}
		}
		slices.Sort(files)
		return files, err
	}
	d.Mkdir("images")
	d.Mkdir("images/replaced")
	for _, name := range []string{"images/a.png", "images/b.png", "images/replaced/c.png"} {
		f, err := d.Create(name)
		if err != nil {
			t.Fatal(err)
		}
		f.Close()
	}
	if err := os.Symlink("a.png", filepath.Join(path, "images", "link.png")); err != nil {
		t.Skip(err)
	}
	want := []string{"a.png", "b.png"}
	if files, err := list("images"); err != nil || !slices.Equal(files, want) {
		t.Errorf("List = %v, %v, want %v", files, err, want)
	}
	if files, err := list("none"); !errors.Is(err, fs.ErrNotExist) || len(files) > 0 {
		t.Errorf("List of a folder that is not there = %v, %v", files, err)
	}
	os.Symlink(t.TempDir(), filepath.Join(path, "outside"))
	if files, err := list("outside"); err == nil {
		t.Errorf("List through a link = %v", files)
	}
	for file := range d.List("images") {
		if file != "a.png" && file != "b.png" {
			t.Errorf("%s is listed", file)
		}
		break
	}
	if err := os.Rename(path, path+"-moved"); err != nil {
		t.Skip(err) // Windows keeps what is open
	}
	os.MkdirAll(filepath.Join(path, "images", "other.png"), 0o755)
	if files, err := list("images"); err != nil || !slices.Equal(files, want) {
		t.Errorf("List of a folder that was moved = %v, %v, want %v", files, err, want)
	}
}

func TestD15FolderSync(t *testing.T) {
	for err, want := range map[error]bool{
		&fs.PathError{Op: "sync", Err: syscall.EINVAL}:  true,
		&fs.PathError{Op: "sync", Err: syscall.ENOTSUP}: true,
		&fs.PathError{Op: "sync", Err: syscall.EIO}:     false,
		syscall.ENOSPC: false,
	} {
		if cannotSync(err) != want {
			t.Errorf("cannotSync(%v) = %v, want %v", err, !want, want)
		}
	}
	if err := openTemp(t).Durable(); err != nil {
		t.Logf("Durable here = %v", err)
	}
}

// The folders of /proc have no sync, as those of some network file systems.
func TestD15FolderWithoutSync(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("needs /proc")
	}
	d, err := OpenDir(fmt.Sprintf("/proc/%d", os.Getpid()))
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	if err := d.SyncDir("."); err != nil {
		t.Errorf("SyncDir = %v, want nil", err)
	}
	if err := d.Durable(); !errors.Is(err, ErrNoDirSync) {
		t.Errorf("Durable = %v, want ErrNoDirSync", err)
	}
}

func TestErrorsNameTheFile(t *testing.T) {
	d := openTemp(t)
	_, err := Publish(d, "missing", "a.png", nil)
	if !errors.Is(err, fs.ErrNotExist) || !strings.HasPrefix(err.Error(), "publish missing/a.png: ") {
		t.Errorf("Publish = %v", err)
	}
	if _, err := Leftovers(d, "missing"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("Leftovers = %v", err)
	}
}

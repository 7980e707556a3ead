package batch

import (
	"os"
	"path"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/qwenbatch/qwenbatch/batch/pictures"
	"github.com/qwenbatch/qwenbatch/batch/state"
	"github.com/qwenbatch/qwenbatch/client"
	"github.com/qwenbatch/qwenbatch/client/emulator"
	"github.com/qwenbatch/qwenbatch/manifests"
	"github.com/qwenbatch/qwenbatch/output/durable"
)

// canary is the key of all simulated runs; no byte of it may turn up anywhere but in requests to the API.
const canary = "sk-canary-5f1d0a7e"

// writeManifest puts a manifest into a file of the test's own.
func writeManifest(t *testing.T, name, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

// TestRealFolder runs a batch over a folder on a real disk: what the simulated one promises, it keeps.
func TestRealFolder(t *testing.T) {
	manifest := writeManifest(t, "p.csv", "id,prompt,shop\na,a cat,north\nb,一只狗,south\n")
	folder := t.TempDir()
	dir, err := durable.OpenDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	defer dir.Close()
	synctest.Test(t, func(t *testing.T) {
		server, net := serveTiny(t)
		b := openReal(t, manifest, net, dir)
		if err := b.Run(t.Context()); err != nil {
			t.Fatalf("Run = %v", err)
		}
		files, err := b.View().Write(t.Context())
		if want := []string{"results.csv", "results.jsonl", "report.html"}; err != nil || !slices.Equal(files, want) {
			t.Fatalf("Report = %v, %v, want %v", files, err, want)
		}
		if charged := server.Books().Charges; charged != 2 {
			t.Errorf("%d pictures are charged, want 2", charged)
		}
	})
	csv, err := os.ReadFile(filepath.Join(folder, "results.csv"))
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"\na,2,done,images/a.png,a cat,", ",north\n", "\nb,3,done,images/b.png,一只狗,", ",south\n"} {
		if !strings.Contains(string(csv), want) {
			t.Errorf("results.csv has no %q:\n%s", want, csv)
		}
	}
}

// serveTiny is an emulator for the length of a bubble.
func serveTiny(t *testing.T) (*emulator.Server, *emulator.InProcess) {
	t.Helper()
	server, err := emulator.New(emulator.Options{Tiny: true, ImageURL: "http://pictures.test", Key: canary})
	if err != nil {
		t.Fatal(err)
	}
	net := server.ServeInProcess()
	t.Cleanup(func() { net.Close() })
	return server, net
}

// openReal opens a batch whose service is the emulator and whose disk is a real one.
func openReal(t *testing.T, manifest string, net *emulator.InProcess, disk durable.Disk) *Batch {
	t.Helper()
	m, err := manifests.Open(manifest, manifests.Options{Check: Rules{}.Check})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { m.Close() })
	c, err := client.New(client.Config{BaseURL: "http://api.test/api/v1", Key: client.NewKey(canary), Dial: net.Dial, Insecure: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	b, err := Open(Options{Manifest: m, Disk: disk, Client: c, Key: client.NewKey(canary), Settings: state.Settings{BaseURL: c.BaseURL(), Region: "beijing"}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { b.Close() })
	return b
}

// A mover is a disk whose pictures somebody moves away, to have an empty folder, when the first of them is about to get its name.
type mover struct {
	*durable.Dir
	once sync.Once
}

func (d *mover) Rename(from, to string) error {
	if path.Ext(to) == ".png" {
		d.once.Do(func() {
			images := filepath.Join(d.Path(), pictures.ImagesDir)
			os.Rename(images, filepath.Join(d.Path(), "old"))
			os.Mkdir(images, 0o755)
		})
	}
	return d.Dir.Rename(from, to)
}

// TestD12ImagesMovedAway moves images/ away while a picture is saved: the run ends, and the next one has every picture in
// its place and pays for none again.
func TestD12ImagesMovedAway(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("a folder in which files are open is not moved here")
	}
	manifest := writeManifest(t, "p.csv", "id,prompt\na,a cat\nb,a dog\n")
	dir, err := durable.OpenDir(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer dir.Close()
	synctest.Test(t, func(t *testing.T) {
		server, net := serveTiny(t)
		disk := &mover{Dir: dir}
		first := openReal(t, manifest, net, disk)
		if err := first.Run(t.Context()); err == nil {
			t.Error("Run = nil while images/ is moved away")
		}
		first.Close()
		if err := openReal(t, manifest, net, disk).Run(t.Context()); err != nil {
			t.Errorf("the next Run = %v", err)
		}
		if charged := server.Books().Charges; charged != 2 {
			t.Errorf("%d pictures are charged, want 2", charged)
		}
	})
	for _, name := range []string{"images/a.png", "images/b.png"} {
		if _, err := dir.Lstat(name); err != nil {
			t.Error(err)
		}
	}
}

package batch

import (
	"context"
	"os"
	"path/filepath"
	"testing"
	"testing/synctest"

	"github.com/qwenbatch/qwenbatch/client"
	"github.com/qwenbatch/qwenbatch/client/emulator"
	"github.com/qwenbatch/qwenbatch/manifests"
	"github.com/qwenbatch/qwenbatch/output"
)

// canary is the key of all simulated runs; no byte of it may turn up anywhere but in requests to the API.
const canary = "sk-canary-5f1d0a7e"

// A world is a service, a folder and a manifest that outlive the runs over them.
type world struct {
	t        *testing.T
	server   *emulator.Server
	net      *emulator.InProcess
	disk     output.Disk
	manifest string
	options  Options // what every run starts from
	events   []Event
}

// newWorld makes one; call it inside a synctest bubble.
func newWorld(t *testing.T, disk output.Disk, manifest string, o emulator.Options) *world {
	t.Helper()
	o.Tiny = true
	o.ImageURL = "http://pictures.test"
	o.Key = canary
	server, err := emulator.New(o)
	if err != nil {
		t.Fatal(err)
	}
	w := &world{t: t, server: server, net: server.ServeInProcess(), disk: disk, manifest: manifest}
	t.Cleanup(func() { w.net.Close() })
	return w
}

// writeManifest puts a manifest into a file of the test's own.
func writeManifest(t *testing.T, name, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

// open starts a process, so to say: everything that a run holds in memory is new.
func (w *world) open() (*Batch, func()) {
	w.t.Helper()
	o := w.options
	m, err := manifests.Open(w.manifest, manifests.Options{Check: o.Rules.Check})
	if err != nil {
		w.t.Fatal(err)
	}
	if _, err := m.Check(); err != nil {
		w.t.Fatal(err)
	}
	c, err := client.New(client.Config{BaseURL: "http://api.test/api/v1", Key: client.NewKey(canary), Dial: w.net.Dial, Insecure: true})
	if err != nil {
		w.t.Fatal(err)
	}
	o.Manifest, o.Client, o.Disk, o.Key = m, c, w.disk, client.NewKey(canary)
	o.Settings = Settings{Manifest: m.Name(), BaseURL: c.BaseURL(), Region: "beijing"}
	b, err := Open(o)
	if err != nil {
		w.t.Fatalf("Open = %v", err)
	}
	return b, func() { b.Close(); c.Close(); m.Close() }
}

// run is one run from start to end.
func (w *world) run(ctx context.Context) error {
	w.t.Helper()
	b, done := w.open()
	defer done()
	err := b.Run(ctx)
	if _, reported := b.Report(); reported != nil {
		w.t.Fatalf("Report = %v", reported)
	}
	return err
}

func realDir(t *testing.T) output.Disk {
	t.Helper()
	d, err := output.OpenDir(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.Close() })
	return d
}

func TestQuickRun(t *testing.T) {
	manifest := writeManifest(t, "p.csv", "id,prompt\na,a cat\nb,a dog\nc,a bird\n")
	disk := realDir(t)
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, disk, manifest, emulator.Options{})
		if err := w.run(t.Context()); err != nil {
			t.Fatal(err)
		}
		b, _ := os.ReadFile(filepath.Join(disk.(*output.Dir).Path(), "state.jsonl"))
		t.Logf("%s", b)
		b, _ = os.ReadFile(filepath.Join(disk.(*output.Dir).Path(), "results.csv"))
		t.Logf("%s", b)
		t.Logf("%+v", w.server.Books())
	})
}

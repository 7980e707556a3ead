package batch

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/qwenbatch/qwenbatch/client"
	"github.com/qwenbatch/qwenbatch/client/emulator"
	"github.com/qwenbatch/qwenbatch/manifests"
	"github.com/qwenbatch/qwenbatch/output"
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
	dir, err := output.OpenDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	defer dir.Close()
	synctest.Test(t, func(t *testing.T) {
		server, err := emulator.New(emulator.Options{Tiny: true, ImageURL: "http://pictures.test", Key: canary})
		if err != nil {
			t.Fatal(err)
		}
		net := server.ServeInProcess()
		defer net.Close()
		m, err := manifests.Open(manifest, manifests.Options{Check: Rules{}.Check})
		if err != nil {
			t.Fatal(err)
		}
		defer m.Close()
		c, err := client.New(client.Config{BaseURL: "http://api.test/api/v1", Key: client.NewKey(canary), Dial: net.Dial, Insecure: true})
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		b, err := Open(Options{Manifest: m, Disk: dir, Client: c, Key: client.NewKey(canary), Settings: Settings{BaseURL: c.BaseURL(), Region: "beijing"}})
		if err != nil {
			t.Fatal(err)
		}
		defer b.Close()
		if err := b.Run(t.Context()); err != nil {
			t.Fatalf("Run = %v", err)
		}
		files, err := b.Report(t.Context())
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

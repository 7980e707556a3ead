package durable

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
)

// These tests run again in a process that has a small file system of its own at $QWENBATCH_TMPFS, which
// works without root where the kernel lets users make mount namespaces.

func inTmpfs(t *testing.T, options string, test func(t *testing.T, d *Dir)) {
	t.Helper()
	if path := os.Getenv("QWENBATCH_TMPFS"); path != "" {
		d, err := OpenDir(path)
		if err != nil {
			t.Fatal(err)
		}
		defer d.Close()
		test(t, d)
		return
	}
	if out, err := exec.Command("unshare", "-Urm", "mount", "-t", "tmpfs", "tmpfs", t.TempDir()).CombinedOutput(); err != nil {
		t.Skipf("a file system of its own cannot be made here (unshare -Urm): %v %s", err, out)
	}
	mount := fmt.Sprintf(`mount -t tmpfs -o %s tmpfs "$QWENBATCH_TMPFS" && exec "$@"`, options)
	again := exec.Command("unshare", "-Urm", "sh", "-c", mount, "sh", os.Args[0], "-test.run=^"+t.Name()+"$", "-test.v")
	again.Env = append(os.Environ(), "QWENBATCH_TMPFS="+t.TempDir())
	out, err := again.CombinedOutput()
	if err != nil || !strings.Contains(string(out), "--- PASS: "+t.Name()) {
		t.Errorf("in a tmpfs of %s: %v\n%s", options, err, out)
	}
}

// publishUntil publishes pictures until the disk refuses, and checks that all that were published are whole.
func publishUntil(t *testing.T, d *Dir, cause error) {
	t.Helper()
	if err := Probe(d); err != nil {
		t.Fatal(err)
	}
	picture := []byte(strings.Repeat("图", 3000))
	var last error
	published := 0
	for n := range 1000 {
		if _, last = Publish(d, "images", fmt.Sprintf("%d.png", n), picture); last != nil {
			break
		}
		published++
	}
	if !errors.Is(last, cause) || published == 0 {
		t.Fatalf("Publish = %v after %d pictures, want %v", last, published, cause)
	}
	files := listing(t, d)
	if len(files) != published {
		t.Errorf("%d files, %d published: %v", len(files), published, files)
	}
	for _, name := range files {
		b, err := d.root.ReadFile(name)
		if err != nil || !bytes.Equal(b, picture) {
			t.Errorf("%s: %d bytes, %v, want all %d", name, len(b), err, len(picture))
		}
	}
	if err := d.Remove(files[0]); err != nil {
		t.Fatal(err)
	}
	if _, err := Publish(d, "images", "again.png", picture); err != nil {
		t.Errorf("Publish when there is room again = %v", err)
	}
}

func TestD2DiskFull(t *testing.T) {
	inTmpfs(t, "size=64k", func(t *testing.T, d *Dir) { publishUntil(t, d, syscall.ENOSPC) })
}

func TestD4NoInodes(t *testing.T) {
	inTmpfs(t, "size=4m,nr_inodes=8", func(t *testing.T, d *Dir) { publishUntil(t, d, syscall.ENOSPC) })
}

func TestD1FullDiskIsFoundByProbe(t *testing.T) {
	inTmpfs(t, "size=4k", func(t *testing.T, d *Dir) {
		if err := d.root.WriteFile("full", make([]byte, 4096), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := Probe(d); !errors.Is(err, syscall.ENOSPC) {
			t.Errorf("Probe = %v, want ENOSPC", err)
		}
	})
}

func TestD1ReadOnly(t *testing.T) {
	inTmpfs(t, "ro", func(t *testing.T, d *Dir) {
		if err := Probe(d); !errors.Is(err, syscall.EROFS) || !strings.Contains(err.Error(), "images") {
			t.Errorf("Probe = %v, want EROFS", err)
		}
	})
}

func TestD2FullDiskKeepsTheOldReport(t *testing.T) {
	inTmpfs(t, "size=8k", func(t *testing.T, d *Dir) {
		if err := Replace(d, "results.csv", writeNew); err != nil {
			t.Fatal(err)
		}
		err := Replace(d, "results.csv", func(w io.Writer) error {
			_, err := w.Write(make([]byte, 1<<20))
			return err
		})
		if got, _ := d.root.ReadFile("results.csv"); !errors.Is(err, syscall.ENOSPC) || string(got) != newReport {
			t.Errorf("Replace = %v, results.csv = %q", err, got)
		}
		if files := listing(t, d); len(files) != 1 {
			t.Errorf("files = %v", files)
		}
	})
}

package cli

import (
	"bytes"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// TestReadings counts how often commands go through the rows of a manifest, by the bytes that the process reads: the copy of
// a manifest that is larger than the memory for it is a file, and nothing else here is as large.
func TestReadings(t *testing.T) {
	bytesRead(t)
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	sheet := filepath.Join(t.TempDir(), "prompts.csv")
	out := filepath.Join(t.TempDir(), "out")
	const rows = 2000
	var text bytes.Buffer
	text.WriteString("id,prompt,skip,notes\n")
	for i := range rows {
		skip := "yes"
		if i%500 == 499 {
			skip = ""
		}
		fmt.Fprintf(&text, "p%d,a cat with %d kittens,%s,%s\n", i, i, skip, strings.Repeat("n", 20_000_000/rows))
	}
	if err := os.WriteFile(sheet, text.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
	readings := func(args ...string) int {
		t.Helper()
		before := bytesRead(t)
		var said bytes.Buffer
		if code := Main(args, strings.NewReader(""), io.Discard, &said); code != 0 {
			t.Fatalf("%v: exit code %d\n%s", args, code, &said)
		}
		return int(math.Round(float64(bytesRead(t)-before)/float64(text.Len()))) - 1 // the first makes the copy
	}
	for _, c := range []struct {
		args string
		want int
	}{
		{"run --rehearse --rehearse-speed 1000 --progress none", 4}, // to check, to plan, to run, and for the reports
		{"run --rehearse --rehearse-speed 1000 --progress none", 1},
		{"status --rehearse", 1},
		{"report --rehearse", 2},
	} {
		args := strings.Fields(c.args)
		if got := readings(append(args, sheet, "--out", out)...); got != c.want {
			t.Errorf("%s: the manifest is read %d times, want %d", c.args, got, c.want)
		}
	}
}

// bytesRead is what the process has read so far; where the system does not tell it the test is skipped.
func bytesRead(t *testing.T) int64 {
	t.Helper()
	text, err := os.ReadFile("/proc/self/io")
	if err != nil {
		t.Skip(err)
	}
	first, _, _ := strings.Cut(strings.TrimPrefix(string(text), "rchar: "), "\n")
	n, err := strconv.ParseInt(first, 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

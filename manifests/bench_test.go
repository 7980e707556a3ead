package manifests

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"testing"
)

// benchRows is the size of manifest that design.md speaks of.
const benchRows = 1_000_000

// bigSheet writes a manifest of rows of about 100 bytes.
func bigSheet(b *testing.B, name, header string, row func(i int) string) string {
	var text bytes.Buffer
	text.WriteString(header)
	for i := range benchRows {
		text.WriteString(row(i))
	}
	path := filepath.Join(b.TempDir(), name)
	if err := os.WriteFile(path, text.Bytes(), 0o600); err != nil {
		b.Fatal(err)
	}
	return path
}

func bigCSV(b *testing.B) string {
	return bigSheet(b, "big.csv", "id,prompt,size,category\n", func(i int) string {
		return fmt.Sprintf("row-%07d,\"a red fox, number %d, jumps over a lazy dog in the morning light of autumn\",16:9,animals\n", i, i)
	})
}

func bigJSONL(b *testing.B) string {
	return bigSheet(b, "big.jsonl", "", func(i int) string {
		return fmt.Sprintf(`{"id":"row-%07d","prompt":"a red fox, number %d, jumps over a lazy dog","size":"16:9","category":"animals"}`+"\n", i, i)
	})
}

func BenchmarkOpenCSV(b *testing.B) {
	path := bigCSV(b)
	for b.Loop() {
		open(b, path).Close()
	}
}

func BenchmarkItemsCSV(b *testing.B)   { benchmarkItems(b, bigCSV(b)) }
func BenchmarkItemsJSONL(b *testing.B) { benchmarkItems(b, bigJSONL(b)) }
func BenchmarkCheckCSV(b *testing.B)   { benchmarkCheck(b, bigCSV(b)) }
func BenchmarkOpenJSONL(b *testing.B) {
	path := bigJSONL(b)
	for b.Loop() {
		open(b, path).Close()
	}
}

func BenchmarkFingerprint(b *testing.B) {
	it := &Item{Prompt: "a red fox, number 7, jumps over a lazy dog", Model: "qwen-image-plus", Size: "16:9"}
	for b.Loop() {
		it.Fingerprint()
	}
}

func open(tb testing.TB, path string) *Manifest {
	m, err := Open(path, Options{})
	if err != nil {
		tb.Fatal(err)
	}
	return m
}

func benchmarkItems(b *testing.B, path string) {
	m := open(b, path)
	defer m.Close()
	b.ReportAllocs()
	for b.Loop() {
		n := 0
		for _, err := range m.Items() {
			if err != nil {
				b.Fatal(err)
			}
			n++
		}
		if n != benchRows {
			b.Fatalf("%d items, want %d", n, benchRows)
		}
	}
}

func benchmarkCheck(b *testing.B, path string) {
	m := open(b, path)
	defer m.Close()
	b.ReportAllocs()
	for b.Loop() {
		if totals, err := m.Check(); err != nil || totals.Items != benchRows {
			b.Fatal(totals, err)
		}
	}
}

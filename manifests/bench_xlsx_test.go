package manifests

import (
	"os"
	"path/filepath"
	"regexp"
	"runtime/debug"
	"strconv"
	"testing"
)

// A sheet of 100,000 rows and ten columns, as excelize streams it (inline texts) and as Excel writes it (shared ones).
// The memory is the most that the process ever had, writing the sheet not counted: run one at a time.
func BenchmarkXLSX(b *testing.B) {
	for name, inline := range map[string]bool{"inline": true, "shared": false} {
		b.Run(name, func(b *testing.B) {
			path := filepath.Join(b.TempDir(), "a.xlsx")
			writeSheet(b, path, 100_000, inline)
			debug.FreeOSMemory()
			os.WriteFile("/proc/self/clear_refs", []byte("5"), 0) // VmHWM starts anew
			for b.Loop() {
				m := open(b, path)
				if totals, err := m.Check(); err != nil || totals.Items != 100_000 {
					b.Fatal(totals, err)
				}
				m.Close()
			}
			b.ReportMetric(float64(peak(b))/1024, "VmHWM-MB")
		})
	}
}

// peak is the most memory that the process has had, in KiB; 0 where the system does not tell.
func peak(tb testing.TB) int {
	text, err := os.ReadFile("/proc/self/status")
	m := regexp.MustCompile(`VmHWM:\s+(\d+) kB`).FindSubmatch(text)
	if err != nil || m == nil {
		return 0
	}
	kb, _ := strconv.Atoi(string(m[1]))
	return kb
}

package output

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strings"
	"syscall"
	"testing"
)

const (
	oldReport = "the old report"
	newReport = "the new report, which is longer"
)

func reportWorld() *simDisk {
	d := newSimDisk()
	d.put("results.csv", oldReport)
	return d
}

func writeNew(w io.Writer) error {
	for _, word := range strings.SplitAfter(newReport, " ") {
		if _, err := io.WriteString(w, word); err != nil {
			return err
		}
	}
	return nil
}

func replaceReport(d *simDisk) error { return Replace(d, "results.csv", writeNew) }

func TestP15ReportIsOldOrNew(t *testing.T) {
	crashes(t, reportWorld, replaceReport, func(t *testing.T, next *simDisk, _ loss, returned bool) {
		got, _ := next.content("results.csv")
		if got != newReport && (returned || got != oldReport) {
			t.Errorf("results.csv = %q, returned: %v", got, returned)
		}
	})
}

func TestP15EveryOperationOfReplaceFails(t *testing.T) {
	faults(t, reportWorld, syscall.EDQUOT, replaceReport, func(t *testing.T, d *simDisk, err error) {
		if !errors.Is(err, syscall.EDQUOT) || !strings.Contains(err.Error(), "results.csv") {
			t.Errorf("Replace = %v, want EDQUOT with the file named", err)
		}
		if got, _ := d.content("results.csv"); got != oldReport && got != newReport {
			t.Errorf("results.csv = %q", got)
		}
	})
}

func TestP15WriterFails(t *testing.T) {
	d := reportWorld()
	broken := errors.New("a row is broken")
	err := Replace(d, "results.csv", func(w io.Writer) error {
		fmt.Fprint(w, newReport)
		return broken
	})
	if got, _ := d.content("results.csv"); !errors.Is(err, broken) || got != oldReport || len(d.files()) != 1 {
		t.Errorf("Replace = %v, results.csv = %q, files %v", err, got, d.files())
	}
}

func TestReportOpenElsewhereGoesBeside(t *testing.T) {
	const rename = 5
	d := reportWorld()
	d.failAt, d.err = rename, fs.ErrPermission
	used, err := ReplaceOrBeside(d, "results.csv", writeNew)
	if !strings.HasPrefix(d.ops[rename-1], "rename") || used != "results.new.csv" || err != nil {
		t.Fatalf("ReplaceOrBeside = %q, %v at %q", used, err, d.ops[rename-1])
	}
	if got, _ := d.content("results.csv"); got != oldReport {
		t.Errorf("results.csv = %q", got)
	}
	if got, _ := d.content("results.new.csv"); got != newReport || len(d.files()) != 2 {
		t.Errorf("results.new.csv = %q, files %v", got, d.files())
	}
}

func TestReplaceOrBesideReportsOtherErrors(t *testing.T) {
	faults(t, reportWorld, syscall.ENOSPC, func(d *simDisk) error {
		_, err := ReplaceOrBeside(d, "results.csv", writeNew)
		return err
	}, func(t *testing.T, d *simDisk, err error) {
		if _, beside := d.content("results.new.csv"); !errors.Is(err, syscall.ENOSPC) || beside {
			t.Errorf("ReplaceOrBeside = %v, files %v", err, d.files())
		}
	})
}

package durable_test

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strings"
	"syscall"
	"testing"

	"github.com/qwenbatch/qwenbatch/output/disktest"
	"github.com/qwenbatch/qwenbatch/output/durable"
)

func reportWorld() *disktest.Recorder {
	d := disktest.New()
	d.Put("results.csv", []byte(oldReport))
	return disktest.NewRecorder(d)
}

func replaceReport(d *disktest.Recorder) error {
	return durable.Replace(d, "results.csv", durable.WriteNew)
}

func TestP15ReportIsOldOrNew(t *testing.T) {
	crashes(t, reportWorld, replaceReport, func(t *testing.T, next *disktest.Recorder, _ disktest.Loss, returned bool) {
		got, _ := text(next, "results.csv")
		if got != newReport && (returned || got != oldReport) {
			t.Errorf("results.csv = %q, returned: %v", got, returned)
		}
	})
}

func TestP15EveryOperationOfReplaceFails(t *testing.T) {
	faults(t, reportWorld, syscall.EDQUOT, replaceReport, func(t *testing.T, d *disktest.Recorder, err error) {
		if !errors.Is(err, syscall.EDQUOT) || !strings.Contains(err.Error(), "results.csv") {
			t.Errorf("Replace = %v, want EDQUOT with the file named", err)
		}
		if got, _ := text(d, "results.csv"); got != oldReport && got != newReport {
			t.Errorf("results.csv = %q", got)
		}
	})
}

func TestP15WriterFails(t *testing.T) {
	d := reportWorld()
	broken := errors.New("a row is broken")
	err := durable.Replace(d, "results.csv", func(w io.Writer) error {
		fmt.Fprint(w, newReport)
		return broken
	})
	if got, _ := text(d, "results.csv"); !errors.Is(err, broken) || got != oldReport || len(d.Files()) != 1 {
		t.Errorf("Replace = %v, results.csv = %q, files %v", err, got, d.Files())
	}
}

func TestReportOpenElsewhereGoesBeside(t *testing.T) {
	const rename = 5
	d := reportWorld()
	d.FailAt(rename, disktest.Verdict{Err: fs.ErrPermission})
	used, err := durable.ReplaceOrBeside(d, "results.csv", durable.WriteNew)
	if d.Ops[rename-1].Kind != "rename" || used != "results.new.csv" || err != nil {
		t.Fatalf("ReplaceOrBeside = %q, %v at %v", used, err, d.Ops[rename-1])
	}
	if got, _ := text(d, "results.csv"); got != oldReport {
		t.Errorf("results.csv = %q", got)
	}
	if got, _ := text(d, "results.new.csv"); got != newReport || len(d.Files()) != 2 {
		t.Errorf("results.new.csv = %q, files %v", got, d.Files())
	}
}

func TestReplaceOrBesideReportsOtherErrors(t *testing.T) {
	faults(t, reportWorld, syscall.ENOSPC, func(d *disktest.Recorder) error {
		_, err := durable.ReplaceOrBeside(d, "results.csv", durable.WriteNew)
		return err
	}, func(t *testing.T, d *disktest.Recorder, err error) {
		if _, beside := text(d, "results.new.csv"); !errors.Is(err, syscall.ENOSPC) || beside {
			t.Errorf("ReplaceOrBeside = %v, files %v", err, d.Files())
		}
	})
}

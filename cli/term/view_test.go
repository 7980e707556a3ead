package term

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/qwenbatch/qwenbatch/batch"
	"github.com/qwenbatch/qwenbatch/batch/halt"
	"github.com/qwenbatch/qwenbatch/client"
)

// TestLinesAroundTheBar: no line is lost, neither one above the bar nor one after it is gone,
// and all are harmless.
func TestLinesAroundTheBar(t *testing.T) {
	var stderr bytes.Buffer
	s := &Screen{Rehearsal: true, Stderr: &stderr}
	s.Say("before")
	v := NewBarView(s, false, ProgressState{total: 3})
	v.settled(batch.Event{Phase: "failed", ID: "猫\x1b[2J", Code: "DataInspectionFailed", Message: "no\nway"})
	v.settled(batch.Event{Phase: "done", ID: "dog"})
	v.tick(ProgressState{total: 3, Progress: batch.Progress{Done: 1, Failed: 1, Open: 1}})
	s.Logger("info", "text").Info("slog")
	v.end(ProgressState{})
	s.Say("after")
	for _, want := range []string{"before", "failed 猫[2J: DataInspectionFailed: no way", "rehearsal (free): info: slog", "after"} {
		if n := strings.Count(stderr.String(), want); n != 1 {
			t.Errorf("%q is there %d times, want once:\n%q", want, n, stderr.String())
		}
	}
}

// TestBarFits: what stands beside the bar leaves room for it, the most wanted first.
func TestBarFits(t *testing.T) {
	v := &barView{screen: &Screen{}}
	v.now.Store(&ProgressState{total: 1632, rate: 2, left: time.Hour, known: true, paid: 82_400_000, Progress: batch.Progress{Done: 412, Failed: 3, Open: 4, Spent: 400_000}})
	for available, want := range map[int]string{
		100: " 3 failed  4 open  2.0/s  1 h left  ¥82.40",
		40:  " 3 failed  4 open  2.0/s",
		20:  " 3 failed",
		5:   " ",
	} {
		got := v.behind(available)
		if got != want {
			t.Errorf("behind(%d) = %q, want %q", available, got, want)
		}
	}
}

func TestProgressLine(t *testing.T) {
	s := ProgressState{paid: 82_400_000, Progress: batch.Progress{Done: 412, Failed: 3, Open: 4, Spent: 400_000}, total: 1632, rate: 0.125, left: 163 * time.Minute, known: true}
	if got, want := progressLine(s, false), "412/1,632 done, 3 failed, 4 open, 7.5/min, 2 h 43 min left, ¥82.40"; got != want {
		t.Errorf("progressLine = %q, want %q", got, want)
	}
}

// refusal is a model that has refused submissions since 14:03:05.
func refusal(code string) halt.Refusal {
	return halt.Refusal{Model: "qwen-image", Since: time.Date(2026, 11, 27, 14, 3, 5, 0, time.Local), Times: 7,
		Cause: &client.APIError{Op: "submit", Status: 429, Code: code, Message: "Requests rate limit exceeded."}}
}

// TestA23RefusalsAreShown wants every form of progress to say which model refuses, since when
// and why.
func TestA23RefusalsAreShown(t *testing.T) {
	s := ProgressState{Progress: batch.Progress{Pending: 6, Refused: []halt.Refusal{refusal("Throttling.RateQuota")}}, total: 6}
	bar := &barView{screen: &Screen{}}
	for where, told := range map[string]string{
		"the line": progressLine(s, false), "the bar": strings.Join(bar.parts(&s), "  "),
	} {
		if !strings.Contains(told, "since 14:03:05") {
			t.Errorf("%s does not say since when: %s", where, told)
		}
	}
	var record bytes.Buffer
	JSONView{&record}.tick(s)
	for _, want := range []string{`"refused":[{"model":"qwen-image","since":"`, `"error_code":"Throttling.RateQuota"`} {
		if !strings.Contains(record.String(), want) {
			t.Errorf("%s has no %s", record.String(), want)
		}
	}
}

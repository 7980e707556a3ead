package cli

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/qwenbatch/qwenbatch/batch"
	"github.com/qwenbatch/qwenbatch/batch/halt"
	"github.com/qwenbatch/qwenbatch/batch/state"
	"github.com/qwenbatch/qwenbatch/cli/term"
	"github.com/qwenbatch/qwenbatch/client"
	"github.com/qwenbatch/qwenbatch/output/durable"
)

// TestSummaryIsShort: at most twelve lines, 80 columns where the command and the folder are
// short, whatever happened.
func TestSummaryIsShort(t *testing.T) {
	s := summary{progress: batch.Progress{Done: 1200, Failed: 31, Held: 7, Open: 4, Pending: 390, Spent: 240_000_000}, missing: 3,
		items: 1632, took: 3 * time.Hour, before: 12_000_000, folder: "prompts-output", reports: []string{"results.csv", "results.jsonl", "results.new.xlsx"},
		reasons: map[string]int{"DataInspectionFailed": 20, "InvalidParameter": 8, "InternalError.Algo": 3},
		again:   "qwenbatch run prompts.csv", original: "qwenbatch run prompts.csv", status: "qwenbatch status prompts.csv", unthumbed: true, report: "qwenbatch report prompts.csv"}
	for _, pending := range []int{0, 390} {
		s.progress.Pending, s.progress.Open = pending, pending/90
		lines := s.lines()
		if len(lines) > 12 {
			t.Errorf("%d lines, want at most 12:\n%s", len(lines), strings.Join(lines, "\n"))
		}
		for _, l := range lines {
			if term.Width(term.RehearsalMark+l) > term.ScreenWidth {
				t.Errorf("wider than %d columns with the mark of a rehearsal: %s", term.ScreenWidth, l)
			}
		}
	}
}

// TestExplain: every error that a person can meet has its exit code, and what can be done about
// it is said.
func TestExplain(t *testing.T) {
	api := func(status int, code, message string) error {
		return fmt.Errorf("run: %w", &client.APIError{Op: "submit", Status: status, Code: code, Message: message})
	}
	for _, tt := range []struct {
		err  error
		code exitCode
		hint string
	}{
		{&mistake{text: "x", hint: "y"}, 2, "y"},
		{fmt.Errorf("%w (out)", state.ErrLocked), 75, "wait for it"},
		{fmt.Errorf("%w: it is of a rehearsal", state.ErrOther), 2, "paid again"},
		{&state.DamageError{File: "state.jsonl", Line: 3, Reason: "its checksum does not fit"}, 1, "do not delete it"},
		{api(401, "InvalidApiKey", "Invalid API-key provided."), 1, "not interchangeable"},
		{api(400, "Arrearage", "Access denied."), 1, "top it up"},
		{api(429, "CommodityNotPurchased", "Commodity has not purchased yet."), 1, "console"},
		{api(403, "AllocationQuota.FreeTierOnly", "The free tier of the model has been exhausted."), 1, "free quota"},
		{api(403, "Model.AccessDenied", "Model access denied."), 1, "qwenbatch models"},
		{api(404, "NotFound", "Not Found!"), 1, "/api/v1"},
		{api(405, "HTTP 405", "<html>no</html>"), 1, "/api/v1"},
		{api(403, "AccessDenied", "current user api does not support asynchronous calls"), 1, "--mode sync"},
		{api(429, "Throttling", "current user api does not support asynchronous calls"), 1, "--mode sync"},
		{&halt.RefusedError{Refusal: refusal("Throttling.RateQuota"), For: 15 * time.Minute}, 1, "another program"},
		{&client.ForeignError{Op: "submit", Status: 403, What: "a page of HTML", Body: "<html>no</html>"}, 1, "proxy or login page"},
		{&fs.PathError{Op: "openat", Path: "images", Err: fs.ErrNotExist}, 1, "the same command"},
		{&os.LinkError{Op: "renameat", Old: "images/.a.part", New: "images/a.png", Err: durable.ErrMoved}, 1, "--restored"},
		{errors.New("anything"), 1, ""},
	} {
		c := explain(tt.err)
		if c.code != tt.code || !strings.Contains(c.hint, tt.hint) {
			t.Errorf("explain(%v) = %d, hint %q; want %d, hint with %q", tt.err, c.code, c.hint, tt.code, tt.hint)
		}
	}
}

// TestDiskIsToldInASentence wants one line of a full disk and of a folder that is gone, whatever else
// these have stopped.
func TestDiskIsToldInASentence(t *testing.T) {
	full := &fs.PathError{Op: "write", Path: "out/images/.a.png-1.part", Err: syscall.ENOSPC}
	gone := &fs.PathError{Op: "openat", Path: "out/images/a.png", Err: fs.ErrNotExist}
	for want, err := range map[string]error{
		`no space is left on the disk of "out"`:          errors.Join(fmt.Errorf("publish images/a.png: %w", full), context.Canceled),
		`"out", or something in it, is gone`:             errors.Join(context.Canceled, fmt.Errorf("publish images/a.png: %w", gone)),
		`the output folder, or something in it, is gone`: durable.ErrMoved,
	} {
		if c := explain(err); c.text != filepath.FromSlash(want) || c.code != codeStopped {
			t.Errorf("explain(%v) = %q, %d, want %q", err, c.text, c.code, want)
		}
	}
}

// TestKeyIsNeverPrinted is failure mode H17 for the ways in which a key can be given wrongly.
func TestKeyIsNeverPrinted(t *testing.T) {
	for _, secret := range []string{"sk-canary 1", "sk-canary\n2", "sk-canary\x1b[31m", "密sk-canary"} {
		p, stderr := newProgram(map[string]string{"DASHSCOPE_API_KEY": secret})
		_, err := newServiceFlags().key(p, p.warn)
		if p.report(err) != 2 {
			t.Errorf("a key %q is taken", secret)
		}
		if bytes.Contains(stderr.Bytes(), []byte("canary")) {
			t.Errorf("printed: %s", stderr)
		}
	}
	p, _ := newProgram(map[string]string{"DASHSCOPE_API_KEY": " \"sk-canary\"\r\n"})
	key, err := newServiceFlags().key(p, p.warn)
	if err != nil || key.IsZero() {
		t.Errorf("a key with quotes and line break around it: %v, %v", key, err)
	}
	if text := fmt.Sprintf("%v %+v %#v", key, key, key); strings.Contains(text, "canary") {
		t.Errorf("formatted: %s", text)
	}
}

func TestOpening(t *testing.T) {
	plan := batch.Plan{Items: 100, Done: 40, Open: 2, Pictures: 58, Cost: 11_600_000, Duration: 8 * time.Minute,
		Models: []batch.ModelPlan{{Name: "qwen-image-plus", Pictures: 58, Requests: 58, Price: 200_000, Cost: 11_600_000}}}
	for limit, want := range map[int]string{
		0:   "40 of 100 done; 2 to collect; 58 pictures to make, ¥11.60, about 8 min",
		29:  "40 of 100 done; 2 to collect; 29 pictures to make, ¥5.80, about 4 min",
		100: "40 of 100 done; 2 to collect; 58 pictures to make, ¥11.60, about 8 min",
	} {
		if got := newEstimate(plan, limit).String(); got != want {
			t.Errorf("with --limit %d: %q, want %q", limit, got, want)
		}
	}
}

func refusal(code string) halt.Refusal {
	return halt.Refusal{Model: "qwen-image", Since: time.Date(2026, 11, 27, 14, 3, 5, 0, time.Local), Times: 7,
		Cause: &client.APIError{Op: "submit", Status: 429, Code: code, Message: "Requests rate limit exceeded."}}
}

// TestA23RefusalsAreTold wants the end to say which model refuses, since when and why.
func TestA23RefusalsAreTold(t *testing.T) {
	end := summary{progress: batch.Progress{Pending: 6, Refused: []halt.Refusal{refusal("Throttling.RateQuota")}}, items: 6}
	for where, told := range map[string]string{"the end": strings.Join(end.lines(), "\n"), "the one line": end.oneLine()} {
		if !strings.Contains(told, "since 14:03:05") {
			t.Errorf("%s does not say since when: %s", where, told)
		}
	}
	var record bytes.Buffer
	(&term.JSONView{W: &record}).Write(end.record())
	for _, want := range []string{`"refused":[{"model":"qwen-image","since":"`, `"error_code":"Throttling.RateQuota"`} {
		if !strings.Contains(record.String(), want) {
			t.Errorf("%s has no %s", record.String(), want)
		}
	}
}

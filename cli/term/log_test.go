package term

import (
	"bytes"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/qwenbatch/qwenbatch/client"
)

// TestLogView: diagnostics are lines for people, harmless, and one that repeats itself is
// counted for ten seconds.
func TestLogView(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var stderr bytes.Buffer
		log := (&Screen{Stderr: &stderr}).Logger("info", "text")
		down := func(request string) error {
			return &client.APIError{Op: "query", Status: 502, Message: "bad\x1b[2J\ngateway", RequestID: request}
		}
		log.Debug("not at this level")
		log.Warn("will try again", "cause", down("1"))
		log.Warn("will try again", "cause", down("2"))
		log.Warn("will try again", "cause", errors.New("reset by peer"))
		time.Sleep(9 * time.Second)
		log.Warn("will try again", "cause", down("3"))
		time.Sleep(time.Second)
		log.Warn("will try again", "cause", down("4"))
		log.Error("no more submissions", "model", "", "cause", "disk full")
		log.With("run", 7).Error("a task is open", "task", "t-1")
		want := `qwenbatch: warning: will try again: query: no reason given: bad[2J gateway (HTTP 502) [request 1]
qwenbatch: warning: will try again: reset by peer
qwenbatch: warning: 3 times: will try again: query: no reason given: bad[2J gateway (HTTP 502) [request 4]
qwenbatch: error: no more submissions: disk full
qwenbatch: error: a task is open, run 7, task t-1
`
		if stderr.String() != want {
			t.Errorf("the log is\n%s\nwant\n%s", stderr.String(), want)
		}
	})
}

// TestLogViewFits: on a terminal a line takes one row, so that the bar below it stays where it is.
func TestLogViewFits(t *testing.T) {
	var stderr bytes.Buffer
	for _, s := range []*Screen{{Stderr: &stderr, Columns: 60}, {Stderr: &stderr, Columns: 60, Rehearsal: true}} {
		stderr.Reset()
		s.Logger("info", "text").Warn("will try again", "cause", strings.Repeat("猫", 60))
		if text := strings.TrimSuffix(stderr.String(), "\n"); Width(text) > 60 || strings.Contains(text, "\n") {
			t.Errorf("%d columns, want at most 60: %q", Width(text), text)
		}
	}
}

// TestLogForPrograms: the JSON form has every line, with every field.
func TestLogForPrograms(t *testing.T) {
	var stderr bytes.Buffer
	log := (&Screen{Stderr: &stderr, Rehearsal: true}).Logger("info", "json")
	for range 3 {
		log.Warn("will try again", slog.String("cause", "reset"))
	}
	if n := strings.Count(stderr.String(), `"level":"WARN","msg":"will try again","rehearsal":true,"cause":"reset"}`+"\n"); n != 3 {
		t.Errorf("%d lines, want 3:\n%s", n, stderr.String())
	}
}

package term

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/qwenbatch/qwenbatch/client"
)

// A logView is a slog.Handler for people: it writes short lines without keys and quotes. Programs
// read --log-format json instead. A warning that was printed less than warningInterval ago is only
// counted, since a service that is down causes the same one hundreds of times.
type logView struct {
	screen *Screen
	level  slog.Level
	attrs  []slog.Attr
	recent *recentWarnings
}

// Enabled reports whether --log-level asks for records of this level.
func (v *logView) Enabled(_ context.Context, l slog.Level) bool { return l >= v.level }

// Handle writes a record as one line, or counts it.
func (v *logView) Handle(_ context.Context, r slog.Record) error {
	text, what := v.message(r)
	more, now := 0, true
	if r.Level == slog.LevelWarn {
		more, now = v.recent.allow(what, r.Time)
	}
	if more > 0 {
		text = Number(more+1) + " times: " + text
	}
	if now {
		v.screen.Print(v.screen.fit(v.start(r.Level) + Line(text)))
	}
	return nil
}

// message returns the text of a record, and the part of it by which repetitions are recognized.
func (v *logView) message(r slog.Record) (text, what string) {
	text, what = r.Message, r.Message
	add := func(a slog.Attr) bool {
		switch value := a.Value.String(); {
		case a.Key == "cause":
			text += ": " + value
			what += ": " + kindOfCause(a.Value)
		case value != "":
			text += ", " + a.Key + " " + value
		}
		return true
	}
	for _, a := range v.attrs {
		add(a)
	}
	r.Attrs(add)
	return text, what
}

// start returns how a line begins. In a rehearsal the mark takes the place of the program's name.
func (v *logView) start(l slog.Level) string {
	start := strings.ToLower(l.String()) + ": "
	if l == slog.LevelWarn {
		start = "warning: "
	}
	if v.screen.Rehearsal {
		return start
	}
	return "qwenbatch: " + start
}

// WithAttrs returns a handler which adds the attributes to every line.
func (v *logView) WithAttrs(attrs []slog.Attr) slog.Handler {
	with := *v
	with.attrs = slices.Concat(v.attrs, attrs)
	return &with
}

// WithGroup ignores the group: the lines show no groups.
func (v *logView) WithGroup(string) slog.Handler { return v }

// kindOfCause returns a cause without the request id, which differs every time.
func kindOfCause(cause slog.Value) string {
	err, _ := cause.Any().(error)
	if api := (*client.APIError)(nil); errors.As(err, &api) {
		return fmt.Sprint(api.Op, api.Status, api.Code)
	}
	return cause.String()
}

// warningInterval is how long a warning is only counted after it was printed.
const warningInterval = 10 * time.Second

// A recentWarnings remembers which warnings were printed within warningInterval. It is safe for
// concurrent use.
type recentWarnings struct {
	mu   sync.Mutex
	last map[string]recentWarning
}

type recentWarning struct {
	at   time.Time
	more int // times that it was only counted since
}

// allow reports whether to print a warning now, and how often it was only counted since it was
// printed last.
func (l *recentWarnings) allow(what string, now time.Time) (more int, ok bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	last, known := l.last[what]
	if known && now.Sub(last.at) < warningInterval {
		last.more++
		l.last[what] = last
		return 0, false
	}
	maps.DeleteFunc(l.last, func(_ string, t recentWarning) bool {
		return now.Sub(t.at) >= warningInterval && t.more == 0
	})
	l.last[what] = recentWarning{at: now}
	return last.more, true
}

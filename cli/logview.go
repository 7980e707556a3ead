package cli

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

// A logView writes diagnostics for people: short lines as the others of a run, without slog's keys and quotes. Programs
// read --log-format json. A service that is down would give the same warning hundreds of times, so that one is only
// counted while it was told less than ten seconds ago.
type logView struct {
	screen *screen
	level  slog.Level
	attrs  []slog.Attr
	recent *recentWarnings
}

// Enabled lets through what --log-level says.
func (v *logView) Enabled(_ context.Context, l slog.Level) bool { return l >= v.level }

// Handle writes a line.
func (v *logView) Handle(_ context.Context, r slog.Record) error {
	text, what := v.message(r)
	more, now := 0, true
	if r.Level == slog.LevelWarn {
		more, now = v.recent.allow(what, r.Time)
	}
	if more > 0 {
		text = number(more+1) + " times: " + text
	}
	if now {
		v.screen.print(v.screen.fit(v.start(r.Level) + line(text)))
	}
	return nil
}

// message are a record's text, and what it is that others may repeat.
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

// start is what a line begins with; that of a rehearsal has its mark.
func (v *logView) start(l slog.Level) string {
	start := strings.ToLower(l.String()) + ": "
	if l == slog.LevelWarn {
		start = "warning: "
	}
	if v.screen.rehearsal {
		return start
	}
	return "qwenbatch: " + start
}

// WithAttrs keeps what every line is to say.
func (v *logView) WithAttrs(attrs []slog.Attr) slog.Handler {
	with := *v
	with.attrs = slices.Concat(v.attrs, attrs)
	return &with
}

// WithGroup names no groups: a person needs none.
func (v *logView) WithGroup(string) slog.Handler { return v }

// kindOfCause is a cause without what is different every time: the ids of requests.
func kindOfCause(cause slog.Value) string {
	err, _ := cause.Any().(error)
	if api := (*client.APIError)(nil); errors.As(err, &api) {
		return fmt.Sprint(api.Op, api.Status, api.Code)
	}
	return cause.String()
}

// warningInterval is how long a warning is not repeated.
const warningInterval = 10 * time.Second

// A recentWarnings knows which warnings were told a short while ago. It is safe for concurrent use.
type recentWarnings struct {
	mu   sync.Mutex
	last map[string]recentWarning
}

type recentWarning struct {
	at   time.Time
	more int // times that it was only counted since
}

// allow reports whether to tell a warning now, and how often it was only counted before.
func (l *recentWarnings) allow(what string, now time.Time) (more int, ok bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	last, known := l.last[what]
	if known && now.Sub(last.at) < warningInterval {
		last.more++
		l.last[what] = last
		return 0, false
	}
	maps.DeleteFunc(l.last, func(_ string, t recentWarning) bool { return now.Sub(t.at) >= warningInterval && t.more == 0 })
	l.last[what] = recentWarning{at: now}
	return last.more, true
}

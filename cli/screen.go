package cli

import (
	"fmt"
	"io"
	"log/slog"
	"sync"
)

// A screen is stderr while a batch runs: whole lines go there, above the bar where there is one. Everything in them is
// made harmless. It is safe for concurrent use.
type screen struct {
	rehearsal bool
	quiet     bool

	mu      sync.Mutex
	stderr  io.Writer
	columns int       // of the terminal; 0 is no terminal, where lines are as long as they are
	above   io.Writer // the bar's; nil without one
}

// rehearsalMark begins every line of a rehearsal, so that none can be taken for a real one.
const rehearsalMark = "rehearsal (free): "

// say prints a line, unless the person wants quiet.
func (s *screen) say(format string, args ...any) {
	if !s.quiet {
		s.print(fmt.Sprintf(format, args...))
	}
}

// fit cuts a line to the terminal.
func (s *screen) fit(text string) string {
	if s.columns == 0 {
		return text
	}
	if s.rehearsal {
		return short(text, s.columns-width(rehearsalMark))
	}
	return short(text, s.columns)
}

// print prints a line in any case.
func (s *screen) print(text string) {
	if s.rehearsal {
		text = rehearsalMark + text
	}
	io.WriteString(s, plain(text)+"\n")
}

// Write takes whole lines, as slog writes them. An error is dropped: a run goes on when nobody reads along any more.
func (s *screen) Write(b []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.above != nil {
		if _, err := s.above.Write(b); err == nil {
			return len(b), nil
		}
	}
	s.stderr.Write(b)
	return len(b), nil
}

// drawAbove sends lines to a bar's own writer; nil ends that.
func (s *screen) drawAbove(w io.Writer) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.above = w
}

// rewind takes the cursor back to the first column, from which the bar is drawn anew: the terminal has echoed ^C.
func (s *screen) rewind() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.above != nil {
		io.WriteString(s.stderr, "\r")
	}
}

// logger writes diagnostics to the screen.
func (s *screen) logger(level, format string) *slog.Logger {
	var l slog.Level
	if err := l.UnmarshalText([]byte(level)); err != nil {
		l = slog.LevelInfo // unreachable unless the flag takes other words than slog
	}
	if format == "text" {
		return slog.New(&logView{screen: s, level: l, recent: &recentWarnings{last: map[string]recentWarning{}}})
	}
	log := slog.New(slog.NewJSONHandler(s, &slog.HandlerOptions{Level: l}))
	if s.rehearsal {
		log = log.With("rehearsal", true)
	}
	return log
}

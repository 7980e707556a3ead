package term

import (
	"fmt"
	"io"
	"log/slog"
	"sync"
)

// A Screen is stderr while a batch runs. It takes whole lines and writes them above the bar, where
// there is one, after making them harmless with Plain. It is safe for concurrent use.
type Screen struct {
	Rehearsal bool
	Quiet     bool

	mu      sync.Mutex
	Stderr  io.Writer
	Columns int       // of the terminal; 0 is no terminal, where lines are as long as they are
	above   io.Writer // the bar's; nil without one
}

// RehearsalMark begins every line of a rehearsal, so that none is taken for that of a real run.
const RehearsalMark = "rehearsal (free): "

// Say prints a line, unless the screen is quiet.
func (s *Screen) Say(format string, args ...any) {
	if !s.Quiet {
		s.Print(fmt.Sprintf(format, args...))
	}
}

// fit cuts a line to the width of the terminal, so that the bar stays on the row below it.
func (s *Screen) fit(text string) string {
	if s.Columns == 0 {
		return text
	}
	if s.Rehearsal {
		return Short(text, s.Columns-Width(RehearsalMark))
	}
	return Short(text, s.Columns)
}

// Print prints a line, even where the screen is quiet.
func (s *Screen) Print(text string) {
	if s.Rehearsal {
		text = RehearsalMark + text
	}
	io.WriteString(s, Plain(text)+"\n")
}

// Write takes whole lines, as slog writes them. Errors are dropped: a run goes on when its reader
// has gone.
func (s *Screen) Write(b []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.above != nil {
		if _, err := s.above.Write(b); err == nil {
			return len(b), nil
		}
	}
	s.Stderr.Write(b)
	return len(b), nil
}

// drawAbove sends further lines to the writer of a bar; nil sends them to stderr again.
func (s *Screen) drawAbove(w io.Writer) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.above = w
}

// Rewind moves the cursor back to the first column, where the bar is drawn anew, after the
// terminal has echoed ^C.
func (s *Screen) Rewind() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.above != nil {
		io.WriteString(s.Stderr, "\r")
	}
}

// Logger returns a logger that writes to the screen: lines for people with the format "text", else
// JSON. The level is one of the words of package slog.
func (s *Screen) Logger(level, format string) *slog.Logger {
	var l slog.Level
	if err := l.UnmarshalText([]byte(level)); err != nil {
		l = slog.LevelInfo // unreachable unless the flag takes other words than slog
	}
	if format == "text" {
		recent := &recentWarnings{last: map[string]recentWarning{}}
		return slog.New(&logView{screen: s, level: l, recent: recent})
	}
	log := slog.New(slog.NewJSONHandler(s, &slog.HandlerOptions{Level: l}))
	if s.Rehearsal {
		log = log.With("rehearsal", true)
	}
	return log
}

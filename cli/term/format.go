// Package term holds what every command of qwenbatch prints with: texts made harmless for a
// terminal and a log, numbers and amounts as people write them, tables, the views of a run
// (bar, plain lines, JSON records) and the diagnostics.
//
// Everything from outside (prompts, paths, messages of the service) passes through Plain, Line
// or Short before it is written, so that no escape sequence reaches a terminal. A JSON record
// is escaped by its encoder instead.
//
// A Screen is stderr while a batch runs; it keeps whole lines apart from the bar. A Watch
// drives one View: it calls the view's methods from one goroutine at a time, once for each
// item that ends and once every interval. Screen and Watch lock themselves; views rely on the
// Watch, and tables and texts belong to their caller.
//
// Errors of writing are dropped, except those of WriteJSON: a run whose reader has gone still
// has to collect what is paid. The package reads no flags and no environment, sends nothing,
// and decides no exit code.
package term

import (
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/mattn/go-runewidth"

	"github.com/qwenbatch/qwenbatch/client"
	"github.com/qwenbatch/qwenbatch/manifests/shell"
)

// Plain makes a text harmless for a terminal and a log: it removes control characters except
// line breaks and everything that changes the direction of writing, and repairs UTF-8.
func Plain(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n':
			return r
		case r == '\t':
			return ' '
		case unicode.IsControl(r), unicode.Is(unicode.Bidi_Control, r), r == '\u2028', r == '\u2029', r == '\uFEFF':
			return -1
		}
		return r
	}, strings.ToValidUTF8(s, "\uFFFD"))
}

// Line is Plain with all white space, line breaks included, turned into single blanks.
func Line(s string) string {
	return Plain(strings.Join(strings.Fields(strings.ToValidUTF8(s, "\uFFFD")), " "))
}

// Short is Line cut to a width in columns, where a Chinese character takes two.
func Short(s string, width int) string { return runewidth.Truncate(Line(s), width, "…") }

// Width returns the number of columns that a text takes on a terminal.
func Width(s string) int { return runewidth.StringWidth(s) }

// Quote returns a text in double quotes, cut to 60 columns, for use in messages.
func Quote(s string) string { return `"` + Short(s, 60) + `"` }

// ShellQuote quotes an argument for the shell where it needs quotes.
func ShellQuote(s string) string { return shell.Quote(s) }

// Yuan formats an amount of money, rounded, with its currency sign.
func Yuan(m client.Money) string { return "¥" + m.Round() }

// Number formats 1632 as 1,632.
func Number(n int) string {
	s := strconv.Itoa(n)
	for i := len(s) - 3; i > 0 && s[i-1] != '-'; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// Amount formats a number and a noun: "1 picture", "2 pictures".
func Amount(n int, noun string) string {
	if n != 1 {
		noun += "s"
	}
	return Number(n) + " " + noun
}

// Span formats a duration in its two largest units: "3 h 38 min", "6 min 32 s", "12 s".
func Span(d time.Duration) string {
	d = d.Round(time.Second)
	switch {
	case d < time.Second:
		return "1 s"
	case d < time.Minute:
		return fmt.Sprintf("%d s", d/time.Second)
	case d < 10*time.Minute:
		return twoUnits(int(d/time.Minute), "min", int(d%time.Minute/time.Second), "s")
	case d < time.Hour-30*time.Second:
		return fmt.Sprintf("%d min", d.Round(time.Minute)/time.Minute)
	case d < 24*time.Hour-30*time.Second:
		d = d.Round(time.Minute)
		return twoUnits(int(d/time.Hour), "h", int(d%time.Hour/time.Minute), "min")
	}
	d = d.Round(time.Hour)
	return twoUnits(int(d/(24*time.Hour)), "d", int(d%(24*time.Hour)/time.Hour), "h")
}

// twoUnits formats "3 h 38 min", or "3 h" where the lesser unit is zero.
func twoUnits(a int, unit string, b int, lesser string) string {
	if b == 0 {
		return fmt.Sprintf("%d %s", a, unit)
	}
	return fmt.Sprintf("%d %s %d %s", a, unit, b, lesser)
}

// OrList formats a list as "a, b or c".
func OrList(names []string) string {
	if len(names) < 2 {
		return strings.Join(names, "")
	}
	return strings.Join(names[:len(names)-1], ", ") + " or " + names[len(names)-1]
}

// Fold breaks a text at its blanks so that no line is wider than the given columns. The first
// line begins with start, the others with indent.
func Fold(text string, columns int, start, indent string) string {
	var b strings.Builder
	at := Width(start)
	b.WriteString(start)
	for i, word := range strings.Fields(text) {
		if i > 0 && at+1+Width(word) > columns {
			b.WriteString("\n" + indent)
			at = Width(indent)
		} else if i > 0 {
			b.WriteByte(' ')
			at++
		}
		b.WriteString(word)
		at += Width(word)
	}
	return b.String()
}

// Timestamp formats a time for programs: RFC 3339 in UTC, "" for the zero time.
func Timestamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}

// ClockText formats the time of day in the local zone.
func ClockText(t time.Time) string { return t.Local().Format(time.TimeOnly) }

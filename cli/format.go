package cli

import (
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/mattn/go-runewidth"

	"github.com/qwenbatch/qwenbatch/client"
)

// plain makes a text harmless for a terminal and a log: no escapes, no control characters but line breaks, nothing that
// turns the direction of writing, valid UTF-8. Prompts, paths and the service's messages come from outside.
func plain(s string) string {
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

// line is plain on one line.
func line(s string) string {
	return plain(strings.Join(strings.Fields(strings.ToValidUTF8(s, "\uFFFD")), " "))
}

// short cuts a text to a width in columns, Chinese counting two.
func short(s string, width int) string { return runewidth.Truncate(line(s), width, "…") }

// width is how many columns a text takes.
func width(s string) int { return runewidth.StringWidth(s) }

// quote shows a text from outside so that its ends can be seen.
func quote(s string) string { return `"` + short(s, 60) + `"` }

// shellQuote writes an argument as a shell wants it.
func shellQuote(s string) string {
	safe := func(r rune) bool {
		return unicode.IsLetter(r) || unicode.IsDigit(r) || strings.ContainsRune("-_./,:=@%+", r)
	}
	if s != "" && strings.TrimFunc(s, safe) == "" && strings.IndexFunc(s, func(r rune) bool { return !safe(r) }) < 0 {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}

// yuan is an amount as people write it.
func yuan(m client.Money) string { return "¥" + m.Round() }

// number writes 1632 as 1,632.
func number(n int) string {
	s := strconv.Itoa(n)
	for i := len(s) - 3; i > 0 && s[i-1] != '-'; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// amount is "1 picture", "2 pictures".
func amount(n int, noun string) string {
	if n != 1 {
		noun += "s"
	}
	return number(n) + " " + noun
}

// span is a duration in its two largest units: "3 h 38 min", "6 min 32 s", "12 s".
func span(d time.Duration) string {
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

func twoUnits(a int, unit string, b int, lesser string) string {
	if b == 0 {
		return fmt.Sprintf("%d %s", a, unit)
	}
	return fmt.Sprintf("%d %s %d %s", a, unit, b, lesser)
}

// orList is "a, b or c".
func orList(names []string) string {
	if len(names) < 2 {
		return strings.Join(names, "")
	}
	return strings.Join(names[:len(names)-1], ", ") + " or " + names[len(names)-1]
}

// fold breaks a text at its blanks so that no line is wider than the screen. The first line begins with start, the others
// with indent.
func fold(text string, columns int, start, indent string) string {
	var b strings.Builder
	at := width(start)
	b.WriteString(start)
	for i, word := range strings.Fields(text) {
		if i > 0 && at+1+width(word) > columns {
			b.WriteString("\n" + indent)
			at = width(indent)
		} else if i > 0 {
			b.WriteByte(' ')
			at++
		}
		b.WriteString(word)
		at += width(word)
	}
	return b.String()
}

// timestamp is a time as programs read it, "" for none.
func timestamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}

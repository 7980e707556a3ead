package state

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"strconv"
	"time"
	"unicode/utf8"
)

// Three lines an item go to the state file, and one identity into its picture. They are appended here member by member, byte for
// byte as encoding/json writes them, in less than half of its time and with 2 allocations in place of 9 (BenchmarkSeal). A string
// that has to be escaped is left to encoding/json. TestAppendedAsJSON fails where a field is forgotten.

// An appendable is a JSON object that is not empty and whose first member is always there.
type appendable interface{ appendTo(a *appender) }

func (r Record) appendTo(a *appender) {
	a.text("key", r.Key)
	a.optionalText("id", r.ID)
	a.hex("fp", r.Print[:])
	a.text("phase", string(r.Phase))
	a.time("at", r.At)
	a.optionalTime("intent_at", r.Intent)
	a.optionalText("name", r.Name)
	if r.Sent != (Request{}) {
		a.object("sent", r.Sent.appendTo)
	}
	a.optionalNumber("attempts", int64(r.Attempt))
	a.optionalText("task_id", r.Task)
	a.optionalText("request_id", r.Request)
	a.optionalTexts("earlier_tasks", r.Earlier)
	a.optionalNumbers("earlier_at", r.EarlierAt)
	a.optionalTime("submitted_at", r.Submitted)
	a.optionalTime("finished_at", r.Finished)
	a.optionalTime("succeeded_at", r.Succeeded)
	a.optionalText("adopted", r.Adopted)
	a.optionalTexts("released_tasks", r.Released)
	a.optionalFlag("seed_unknown", r.SeedUnknown)
	a.optionalText("answer", r.Answer)
	a.optionalTime("heard_at", r.Heard)
	a.suspects(r.Suspects)
	a.optionalFlag("other_size", r.OtherSize)
	a.pictures(r.Pictures)
	a.optionalText("actual_prompt", r.ActualPrompt)
	a.optionalNumber("cost_micros", int64(r.Cost))
	a.optionalNumber("doubted_micros", int64(r.Doubted))
	a.optionalNumber("cost_before_micros", int64(r.Before))
	a.optionalNumber("replaced", int64(r.Replaced))
	a.optionalNumber("redone", int64(r.Redone))
	a.optionalNumber("redo", int64(r.Redo))
	a.optionalFlag("lost", r.Lost)
	a.optionalText("error_code", r.Code)
	a.optionalText("error_message", r.Message)
	a.optionalTexts("warnings", r.Warnings)
}

func (s Request) appendTo(a *appender) {
	a.text("model", s.Model)
	a.text("prompt", s.Prompt)
	a.optionalText("negative_prompt", s.Negative)
	a.text("size", s.Size)
	a.number("seed", s.Seed)
	a.number("n", int64(s.N))
	a.flag("prompt_extend", s.PromptExtend)
	a.flag("watermark", s.Watermark)
	a.optionalFlag("sync", s.Sync)
}

func (p Picture) appendTo(a *appender) {
	a.text("file", p.File)
	a.optionalNumber("width", int64(p.Width))
	a.optionalNumber("height", int64(p.Height))
	a.number("bytes", p.Bytes)
	a.text("sha256", p.SHA256)
	a.optionalText("original_sha256", p.Original)
	a.optionalText("damage", p.Damage)
}

func (id Identity) appendTo(a *appender) {
	a.text("key", id.Key)
	a.optionalText("id", id.ID)
	a.hex("fp", id.Print[:])
	a.text("task_id", id.Task)
	a.number("picture", int64(id.Number))
	a.optionalText("request_id", id.Request)
	a.optionalText("name", id.Name)
	a.object("sent", id.Sent.appendTo)
	a.optionalText("actual_prompt", id.Actual)
	a.optionalNumber("cost_micros", int64(id.Cost))
	a.optionalTime("submitted_at", id.At)
	a.optionalNumber("redo", int64(id.Redo))
	a.optionalText("adopted", id.Adopted)
	a.optionalFlag("seed_unknown", id.SeedUnknown)
}

// An appender appends members to a JSON object. Those that are optional are left out where they are empty.
type appender struct {
	b    []byte
	html bool  // escape <, > and &, too
	err  error // the first; only a time can be none
}

// name begins a member.
func (a *appender) name(name string) {
	if last := a.b[len(a.b)-1]; last != '{' {
		a.b = append(a.b, ',')
	}
	a.b = append(append(append(a.b, '"'), name...), `":`...)
}

func (a *appender) object(name string, members func(*appender)) {
	a.name(name)
	a.inBraces(members)
}

func (a *appender) inBraces(members func(*appender)) {
	a.b = append(a.b, '{')
	members(a)
	a.b = append(a.b, '}')
}

func (a *appender) pictures(all []Picture) { optionalObjects(a, "pictures", all) }

func (a *appender) suspects(all []Suspect) { optionalObjects(a, "suspects", all) }

func (s Suspect) appendTo(a *appender) {
	a.text("task_id", s.Task)
	a.optionalTime("created_at", s.Created)
}

func optionalObjects[T appendable](a *appender, name string, all []T) {
	optionalList(a, name, all, func(one T) { a.inBraces(one.appendTo) })
}

func (a *appender) optionalTexts(name string, all []string) { optionalList(a, name, all, a.quoted) }

func (a *appender) optionalNumbers(name string, all []int64) {
	optionalList(a, name, all, func(n int64) { a.b = strconv.AppendInt(a.b, n, 10) })
}

// optionalList appends an array, element by element, and nothing for one that is empty.
func optionalList[T any](a *appender, name string, all []T, element func(T)) {
	if len(all) == 0 {
		return
	}
	a.name(name)
	a.b = append(a.b, '[')
	for i, one := range all {
		if i > 0 {
			a.b = append(a.b, ',')
		}
		element(one)
	}
	a.b = append(a.b, ']')
}

func (a *appender) text(name, s string) {
	a.name(name)
	a.quoted(s)
}

func (a *appender) optionalText(name, s string) {
	if s != "" {
		a.text(name, s)
	}
}

func (a *appender) hex(name string, b []byte) {
	a.name(name)
	a.b = append(hex.AppendEncode(append(a.b, '"'), b), '"')
}

func (a *appender) number(name string, n int64) {
	a.name(name)
	a.b = strconv.AppendInt(a.b, n, 10)
}

func (a *appender) optionalNumber(name string, n int64) {
	if n != 0 {
		a.number(name, n)
	}
}

func (a *appender) flag(name string, v bool) {
	a.name(name)
	a.b = strconv.AppendBool(a.b, v)
}

func (a *appender) optionalFlag(name string, v bool) {
	if v {
		a.flag(name, v)
	}
}

// time fails, as encoding/json does, for a year of five digits.
func (a *appender) time(name string, t time.Time) {
	a.name(name)
	b, err := t.AppendText(append(a.b, '"'))
	if err != nil {
		a.err = err
		return
	}
	a.b = append(b, '"')
}

func (a *appender) optionalTime(name string, t time.Time) {
	if !t.IsZero() {
		a.time(name, t)
	}
}

func (a *appender) quoted(s string) {
	start := len(a.b)
	a.b = append(append(append(a.b, '"'), s...), '"')
	if !a.plain(a.b[start+1 : len(a.b)-1]) {
		a.b = a.b[:start]
		a.escaped(s)
	}
}

// plain reports whether a text is a JSON string as it is.
func (a *appender) plain(text []byte) bool {
	return plainText(text) == len(text) && utf8.Valid(text) &&
		!bytes.Contains(text, []byte("\u2028")) && !bytes.Contains(text, []byte("\u2029")) && // which JavaScript took for line ends
		!(a.html && bytes.ContainsAny(text, "<>&"))
}

func (a *appender) escaped(s string) {
	b := bytes.NewBuffer(a.b)
	enc := json.NewEncoder(b)
	enc.SetEscapeHTML(a.html)
	if err := enc.Encode(s); err != nil {
		panic(err) // unreachable: every string can be JSON
	}
	a.b = b.Bytes()[:b.Len()-1] // no newline
}

package emulator

import (
	"fmt"
	"net/http"
	"strconv"
	"time"
)

// faultName is a fault in a spec.
type faultName struct {
	name string
	ops  string // the operations it can befall, space-separated; "" is all
	help string
	arg  string // default for the part after a colon; "" if the fault takes none
	set  func(f *Fault, arg string) error
}

// FaultNames returns a line for every fault that ParseFaults knows: its name, a colon, and a
// sentence. A part in brackets is optional and shows its default.
func FaultNames() []string {
	var lines []string
	for _, n := range faultNames() {
		name := n.name
		if n.arg != "" {
			name += "[:" + n.arg + "]"
		}
		lines = append(lines, name+": "+n.help)
	}
	return lines
}

func faultNames() []faultName {
	flag := func(set func(*Fault)) func(*Fault, string) error {
		return func(f *Fault, _ string) error { set(f); return nil }
	}
	span := func(field func(*Fault) *time.Duration) func(*Fault, string) error {
		return func(f *Fault, arg string) (err error) {
			*field(f), err = time.ParseDuration(arg)
			return err
		}
	}
	code := func(field func(*Fault) *string) func(*Fault, string) error {
		return func(f *Fault, arg string) error { *field(f) = arg; return nil }
	}
	posts, tasks := opSubmit+" "+opSync, opQuery
	return append([]faultName{
		{"lose-request", "", "The connection is closed before anything is done.", "",
			flag(func(f *Fault) { f.LoseRequest = true })},
		{"lose-answer", "",
			"Everything is done and charged, then the connection is closed without an answer.", "",
			flag(func(f *Fault) { f.LoseAnswer = true })},
		{"reset", "", "Everything is done and charged, then the connection is reset.", "",
			flag(func(f *Fault) { f.Reset = true })},
		{"hang", "",
			"The request is read, nothing is done, and no answer comes until the client goes.", "",
			flag(func(f *Fault) { f.Hang = true })},
		{"delay", "", "Everything is done, and the answer comes that much later.", "5s",
			span(func(f *Fault) *time.Duration { return &f.Delay })},
		{"drip", "", "The body of the answer comes byte by byte, with that pause before each.",
			"100ms", span(func(f *Fault) *time.Duration { return &f.Drip })},
		{"garbage", "",
			"Everything is done and charged, and the answer is 200 with a page of HTML or torn JSON.", "",
			flag(func(f *Fault) { f.Garbage = true })},
		{"truncate", "", "The answer ends at half its Content-Length.", "",
			flag(func(f *Fault) { f.Truncate = true })},
		{"throttle", "", "Refused with 429 and a code; nothing is done.", "Throttling.RateQuota",
			code(func(f *Fault) *string { return &f.Code })},
		{"refuse", "",
			"Refused with a code of the catalogue and its HTTP status; nothing is done.",
			"InternalError", code(func(f *Fault) *string { return &f.Code })},
		{"status", "",
			"Refused with an HTTP status and a page of HTML, as by a gateway; nothing is done.",
			"502", setStatus},
		{"status-after", "",
			"Everything is done and charged, then answered with an HTTP status and a page of HTML.",
			"502", func(f *Fault, arg string) error {
				f.DoneFirst = true
				return setStatus(f, arg)
			}},
		{"error-after", "",
			"Everything is done and charged, then answered with a code of the catalogue and its HTTP status.",
			"InternalError", func(f *Fault, arg string) error {
				f.DoneFirst, f.Code = true, arg
				return nil
			}},
		{"fail", posts, "The task ends FAILED with a code.", "InternalError.Algo",
			code(func(f *Fault) *string { return &f.FailCode })},
		{"part", posts, "The last of several pictures fails with a code.", "DataInspectionFailed",
			code(func(f *Fault) *string { return &f.PartCode })},
		{"late", opSubmit,
			"The task comes into being that much later, as if the request had lingered.", "10s",
			span(func(f *Fault) *time.Duration { return &f.Late })},
		{"unknown", tasks, "The task is said to be UNKNOWN.", "",
			flag(func(f *Fault) { f.Unknown = true })},
		{"wrong-task", tasks, "The answer names another task.", "",
			flag(func(f *Fault) { f.WrongTask = true })},
		{"task-status", tasks, "The answer tells that status.", "SUSPENDED",
			code(func(f *Fault) *string { return &f.TaskStatus })},
		{"no-results", tasks, "A task that succeeded shows no pictures.", "",
			flag(func(f *Fault) { f.NoResults = true })},
		{"expire-url", opQuery + " " + opImage,
			"A query tells URLs that have expired; the picture host says that the URL has expired.", "",
			flag(func(f *Fault) { f.ExpireURL = true })},
		{"lag-list", opList, "Tasks younger than that are not in the list.", "20s",
			span(func(f *Fault) *time.Duration { return &f.LagList })},
		{"omit-row", opList, "A task is left out of the list.", "",
			flag(func(f *Fault) { f.OmitRow = true })},
		{"offset", opList, "The times of the list's rows are that much ahead of the Date header.",
			"8h", span(func(f *Fault) *time.Duration { return &f.ListOffset })},
		{"cap", opList, "The list shows and counts only so many of the newest tasks.", "10",
			setListCap},
		{"omit", opList, "That share of the tasks is in no list, the same ones each time.", "0.2",
			setListOmit},
		{"shuffle-list", opList, "The list comes in another order each time.", "",
			flag(func(f *Fault) { f.ShuffleList = true })},
		{"gone", opImage, "The picture is not there: 404.", "",
			flag(func(f *Fault) { f.Gone = true })},
		{"wrong-size", opImage, "The picture is half as wide and half as high as asked.", "",
			flag(func(f *Fault) { f.WrongSize = true })},
		{"flip-byte", opImage, "A byte in the middle of the picture is wrong.", "",
			flag(func(f *Fault) { f.FlipByte = true })},
		{"bad-crc", opImage, "The checksum header is wrong, the picture is not.", "",
			flag(func(f *Fault) { f.BadCRC = true })},
		{"no-crc", opImage, "The checksum header is missing.", "",
			flag(func(f *Fault) { f.NoCRC = true })},
	}, envelopeFaults()...)
}

func setStatus(f *Fault, arg string) (err error) {
	f.Status, err = strconv.Atoi(arg)
	if err == nil && (f.Status < 200 || f.Status > 599) {
		err = fmt.Errorf("%d is not an HTTP status that can be answered", f.Status)
	}
	return err
}

func setListCap(f *Fault, arg string) (err error) {
	f.ListCap, err = strconv.Atoi(arg)
	if err == nil && f.ListCap < 1 {
		err = fmt.Errorf("%d is no number of rows", f.ListCap)
	}
	return err
}

func setListOmit(f *Fault, arg string) (err error) {
	f.ListOmit, err = strconv.ParseFloat(arg, 64)
	if err == nil && !(f.ListOmit >= 0 && f.ListOmit <= 1) {
		err = fmt.Errorf("%s is no share from 0 to 1", arg)
	}
	return err
}

// envelopeFaults are the faults with a foreign envelope, or with an answer that names no task.
func envelopeFaults() []faultName {
	const posts = opSubmit + " " + opSync
	all := []faultName{
		{"no-task", posts, "Answered with 200, a code and no task; nothing is done.",
			"Success", noTask(false)},
		{"no-task-after", posts,
			"Everything is done and charged, then answered with 200, a code and no task.",
			"Success", noTask(true)},
		{"no-type", "", "An error answer has no content type.", "",
			func(f *Fault, _ string) error { f.NoType = true; return nil }},
		{"async-429", posts, "An async header where none is taken is refused with 429, not 403.",
			"",
			func(f *Fault, _ string) error { f.Async429 = true; return nil }},
	}
	for _, e := range []struct{ name, what, refused, done string }{
		{EnvelopeOpenAI, "an HTTP status in OpenAI's envelope", "400", "503"},
		{EnvelopeFramework, "an HTTP status and the JSON of a web framework", "403", "403"},
		{EnvelopeNumeric, "an HTTP status and a numeric code", "400", "400"},
	} {
		refused := "Refused with " + e.what + "; nothing is done."
		done := "Everything is done and charged, then answered with " + e.what + "."
		all = append(all,
			faultName{e.name, "", refused, e.refused, envelope(e.name, false)},
			faultName{e.name + "-after", "", done, e.done, envelope(e.name, true)})
	}
	return all
}

func noTask(doneFirst bool) func(*Fault, string) error {
	return func(f *Fault, arg string) error {
		f.DoneFirst, f.Status, f.Code = doneFirst, http.StatusOK, arg
		return nil
	}
}

func envelope(name string, doneFirst bool) func(*Fault, string) error {
	return func(f *Fault, arg string) error {
		f.Envelope, f.DoneFirst = name, doneFirst
		return setStatus(f, arg)
	}
}

package emulator

import (
	"bufio"
	"bytes"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"
)

// faultName is a fault that a spec can name.
type faultName struct {
	name string
	ops  string // the operations it can befall, space-separated; "" is all
	help string
	arg  string // what stands for the part after a colon where it is left out
	set  func(f *Fault, arg string) error
}

// FaultNames returns a line for every fault that ParseFaults knows: its name, a colon, and a sentence. A part in
// brackets is optional and shows what it is where it is left out.
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
		{"lose-request", "", "The connection is closed before anything is done.", "", flag(func(f *Fault) { f.LoseRequest = true })},
		{"lose-answer", "", "Everything is done and charged, then the connection is closed without an answer.", "", flag(func(f *Fault) { f.LoseAnswer = true })},
		{"reset", "", "Everything is done and charged, then the connection is reset.", "", flag(func(f *Fault) { f.Reset = true })},
		{"hang", "", "The request is read, nothing is done, and no answer comes until the client goes.", "", flag(func(f *Fault) { f.Hang = true })},
		{"delay", "", "Everything is done, and the answer comes that much later.", "5s", span(func(f *Fault) *time.Duration { return &f.Delay })},
		{"drip", "", "The body of the answer comes byte by byte, with that pause before each.", "100ms", span(func(f *Fault) *time.Duration { return &f.Drip })},
		{"garbage", "", "Everything is done and charged, and the answer is 200 with a page of HTML or torn JSON.", "", flag(func(f *Fault) { f.Garbage = true })},
		{"truncate", "", "The answer ends at half its Content-Length.", "", flag(func(f *Fault) { f.Truncate = true })},
		{"throttle", "", "Refused with 429 and a code; nothing is done.", "Throttling.RateQuota", code(func(f *Fault) *string { return &f.Code })},
		{"refuse", "", "Refused with a code of the catalogue and its HTTP status; nothing is done.", "InternalError", code(func(f *Fault) *string { return &f.Code })},
		{"status", "", "Refused with an HTTP status and a page of HTML, as by a gateway; nothing is done.", "502", setStatus},
		{"status-after", "", "Everything is done and charged, then answered with an HTTP status and a page of HTML.", "502", func(f *Fault, arg string) error { f.DoneFirst = true; return setStatus(f, arg) }},
		{"error-after", "", "Everything is done and charged, then answered with a code of the catalogue and its HTTP status.", "InternalError", func(f *Fault, arg string) error { f.DoneFirst, f.Code = true, arg; return nil }},
		{"fail", posts, "The task ends FAILED with a code.", "InternalError.Algo", code(func(f *Fault) *string { return &f.FailCode })},
		{"part", posts, "The last of several pictures fails with a code.", "DataInspectionFailed", code(func(f *Fault) *string { return &f.PartCode })},
		{"late", opSubmit, "The task comes into being that much later, as if the request had lingered.", "10s", span(func(f *Fault) *time.Duration { return &f.Late })},
		{"unknown", tasks, "The task is said to be UNKNOWN.", "", flag(func(f *Fault) { f.Unknown = true })},
		{"wrong-task", tasks, "The answer names another task.", "", flag(func(f *Fault) { f.WrongTask = true })},
		{"task-status", tasks, "The answer tells that status.", "SUSPENDED", code(func(f *Fault) *string { return &f.TaskStatus })},
		{"no-results", tasks, "A task that succeeded shows no pictures.", "", flag(func(f *Fault) { f.NoResults = true })},
		{"expire-url", opQuery + " " + opImage, "A query tells URLs that have expired; the picture host says that the URL has expired.", "", flag(func(f *Fault) { f.ExpireURL = true })},
		{"lag-list", opList, "Tasks younger than that are not in the list.", "20s", span(func(f *Fault) *time.Duration { return &f.LagList })},
		{"omit-row", opList, "A task is left out of the list.", "", flag(func(f *Fault) { f.OmitRow = true })},
		{"offset", opList, "The times of the list's rows are that much ahead of the Date header.", "8h", span(func(f *Fault) *time.Duration { return &f.ListOffset })},
		{"cap", opList, "The list shows and counts only so many of the newest tasks.", "10", setListCap},
		{"omit", opList, "That share of the tasks is in no list, the same ones each time.", "0.2", setListOmit},
		{"shuffle-list", opList, "The list comes in another order each time.", "", flag(func(f *Fault) { f.ShuffleList = true })},
		{"gone", opImage, "The picture is not there: 404.", "", flag(func(f *Fault) { f.Gone = true })},
		{"wrong-size", opImage, "The picture is half as wide and half as high as asked.", "", flag(func(f *Fault) { f.WrongSize = true })},
		{"flip-byte", opImage, "A byte in the middle of the picture is wrong.", "", flag(func(f *Fault) { f.FlipByte = true })},
		{"bad-crc", opImage, "The checksum header is wrong, the picture is not.", "", flag(func(f *Fault) { f.BadCRC = true })},
		{"no-crc", opImage, "The checksum header is missing.", "", flag(func(f *Fault) { f.NoCRC = true })},
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

// faultRule is one part of a spec: when it holds, set is done to the fault.
type faultRule struct {
	op     string  // "" is every one that the fault can befall
	span   calls   // among those of its operation
	chance float64 // of a call that op and n let through
	ops    string
	set    func(*Fault)
}

// calls are ordinals from one to another; the zero value is every call, last 0 has no end.
type calls struct{ first, last int }

func (c calls) has(n int) bool { return n >= c.first && (c.last == 0 || n <= c.last) }

// readCalls reads "5-30", or one ordinal.
func readCalls(text string) (calls, error) {
	from, to, ranged := strings.Cut(text, "-")
	if !ranged {
		to = from
	}
	first, err1 := strconv.Atoi(from)
	last, err2 := strconv.Atoi(to)
	if err1 != nil || err2 != nil || first < 1 || last < first {
		return calls{}, fmt.Errorf("%q is not the ordinal of a call, nor FROM-TO", text)
	}
	return calls{first, last}, nil
}

// ParseFaults reads a spec and returns what Options.Fault takes: the same calls have the same faults for the same seed.
// A spec is a list "name=probability,…", where "op.name" narrows a fault to one operation, "name:part" gives its part
// (submit.lose-answer=0.02,delay:3s=0.1) and "probability@FROM-TO" narrows it to some calls of an operation, by their ordinals
// (image.status:403=1@5-30), or the name of a script file of lines "op N name", where N is the ordinal of the call among
// those of its operation, FROM-TO, or * for all of them, and # begins a comment. An empty spec is no faults.
func ParseFaults(spec string, seed uint64) (func(Call) Fault, error) {
	rules, err := readFaults(spec)
	if err != nil {
		return nil, fmt.Errorf("emulator: faults: %w", err)
	}
	return func(c Call) Fault {
		var f Fault
		for i, r := range rules {
			if r.meets(c) && chance(seed, domainFault, int(hash(c.Op)>>1)+c.N*1000+i).Float64() < r.chance {
				r.set(&f)
			}
		}
		return f
	}, nil
}

func (r faultRule) meets(c Call) bool {
	can := r.ops == "" || slices.Contains(strings.Fields(r.ops), c.Op)
	return can && (r.op == "" || r.op == c.Op) && r.span.has(c.N)
}

func readFaults(spec string) ([]faultRule, error) {
	if strings.TrimSpace(spec) == "" {
		return nil, nil
	}
	if script, err := os.ReadFile(spec); err == nil {
		return readScript(spec, script)
	} else if !strings.Contains(spec, "=") {
		return nil, err
	}
	var rules []faultRule
	for part := range strings.SplitSeq(spec, ",") {
		name, text, ok := strings.Cut(strings.TrimSpace(part), "=")
		text, span, narrowed := strings.Cut(text, "@")
		p, err := strconv.ParseFloat(text, 64)
		if !ok || err != nil || !(p >= 0 && p <= 1) {
			return nil, fmt.Errorf("%q is not name=probability, with a probability from 0 to 1", part)
		}
		op := ""
		if before, after, ok := strings.Cut(name, "."); ok && isOp(before) {
			op, name = before, after
		}
		r, err := ruleNamed(name, op)
		if err != nil {
			return nil, err
		}
		r.chance = p
		if narrowed {
			if r.span, err = readCalls(span); err != nil {
				return nil, err
			}
		}
		rules = append(rules, r)
	}
	return rules, nil
}

// readScript reads lines of "op N name".
func readScript(file string, data []byte) ([]faultRule, error) {
	var rules []faultRule
	lines := bufio.NewScanner(bytes.NewReader(data))
	for n := 1; lines.Scan(); n++ {
		text, _, _ := strings.Cut(lines.Text(), "#")
		words := strings.Fields(text)
		if len(words) == 0 {
			continue
		}
		r, err := scriptRule(words)
		if err != nil {
			return nil, fmt.Errorf("%s:%d: %w", file, n, err)
		}
		rules = append(rules, r)
	}
	return rules, lines.Err()
}

func scriptRule(words []string) (faultRule, error) {
	if len(words) != 3 || !isOp(words[0]) {
		return faultRule{}, fmt.Errorf("%q is not op N name, with op one of %s", strings.Join(words, " "), strings.Join(operations(), " "))
	}
	r, err := ruleNamed(words[2], words[0])
	if err != nil {
		return r, err
	}
	r.chance = 1
	if words[1] != "*" {
		if r.span, err = readCalls(words[1]); err != nil {
			return r, err
		}
	}
	return r, nil
}

// ruleNamed finds a fault by "name" or "name:part" and checks that it can befall op.
func ruleNamed(text, op string) (faultRule, error) {
	name, arg, given := strings.Cut(text, ":")
	all := faultNames()
	i := slices.IndexFunc(all, func(n faultName) bool { return n.name == name })
	if i < 0 {
		return faultRule{}, fmt.Errorf("there is no fault %q", name)
	}
	n := all[i]
	if !given {
		arg = n.arg
	} else if n.arg == "" {
		return faultRule{}, fmt.Errorf("fault %s takes nothing after a colon", name)
	}
	if op != "" && n.ops != "" && !slices.Contains(strings.Fields(n.ops), op) {
		return faultRule{}, fmt.Errorf("fault %s befalls %s, not %s", name, n.ops, op)
	}
	if err := n.set(new(Fault), arg); err != nil {
		return faultRule{}, fmt.Errorf("fault %s: %w", name, err)
	}
	return faultRule{op: op, ops: n.ops, set: func(f *Fault) { n.set(f, arg) }}, nil
}

func operations() []string {
	return []string{opSubmit, opSync, opQuery, opList, opCancel, opImage, opLimits}
}

func isOp(text string) bool { return slices.Contains(operations(), text) }

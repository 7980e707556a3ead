package emulator

import (
	"bufio"
	"bytes"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
)

// faultRule is one part of a spec: set changes the fault of the calls that the rule chooses.
type faultRule struct {
	op     string  // "" is every one of ops
	span   calls   // among those of its operation
	chance float64 // for each call of op in span
	ops    string  // those that the fault can befall
	set    func(*Fault)
}

// calls is a range of ordinals. The zero value is all calls; last 0 means no end.
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

// ParseFaults reads a spec and returns what Options.Fault takes: the same calls have the same
// faults for the same seed. A spec is a list "name=probability,…", where "op.name" narrows a
// fault to one operation, "name:part" gives its part (submit.lose-answer=0.02,delay:3s=0.1) and
// "probability@FROM-TO" narrows it to some calls of an operation, by their ordinals
// (image.status:403=1@5-30), or the name of a script file of lines "op N name", where N is the
// ordinal of the call among those of its operation, FROM-TO, or * for all of them, and # begins
// a comment. An empty spec is no faults.
func ParseFaults(spec string, seed uint64) (func(Call) Fault, error) {
	rules, err := readFaults(spec)
	if err != nil {
		return nil, fmt.Errorf("emulator: faults: %w", err)
	}
	return func(c Call) Fault {
		var f Fault
		for i, r := range rules {
			n := int(hash(c.Op)>>1) + c.N*1000 + i
			if r.meets(c) && chance(seed, domainFault, n).Float64() < r.chance {
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
			return nil, fmt.Errorf("%q is not name=probability, with a probability from 0 to 1",
				part)
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
		return faultRule{}, fmt.Errorf("%q is not op N name, with op one of %s",
			strings.Join(words, " "), strings.Join(operations(), " "))
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

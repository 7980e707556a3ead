package output

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"iter"
	"strings"
	"testing"
	"unicode/utf8"
)

// A suite as the readers of CI services take it in.
type readSuite struct {
	XMLName  xml.Name
	Name     string     `xml:"name,attr"`
	Started  string     `xml:"timestamp,attr"`
	Tests    int        `xml:"tests,attr"`
	Failures int        `xml:"failures,attr"`
	Errors   int        `xml:"errors,attr"`
	Skipped  int        `xml:"skipped,attr"`
	Time     float64    `xml:"time,attr"`
	Props    []Property `xml:"properties>property"`
	Cases    []struct {
		Name    string       `xml:"name,attr"`
		Class   string       `xml:"classname,attr"`
		Time    float64      `xml:"time,attr"`
		Failure *readOutcome `xml:"failure"`
		Error   *readOutcome `xml:"error"`
		Skipped *readOutcome `xml:"skipped"`
	} `xml:"testcase"`
}

type readOutcome struct {
	Type    string `xml:"type,attr"`
	Message string `xml:"message,attr"`
	Text    string `xml:",chardata"`
}

func junit(t *testing.T, s Suite, results ...Result) (text string, suite readSuite) {
	t.Helper()
	var b strings.Builder
	if err := WriteJUnit(&b, s, seqOf(results)); err != nil {
		t.Fatal(err)
	}
	if err := xml.Unmarshal([]byte(b.String()), &suite); err != nil {
		t.Fatalf("%v in\n%s", err, b.String())
	}
	return b.String(), suite
}

func seqOf(results []Result) iter.Seq2[Result, error] {
	return func(yield func(Result, error) bool) {
		for _, r := range results {
			if !yield(r, nil) {
				return
			}
		}
	}
}

func TestJUnitTellsEveryStatus(t *testing.T) {
	s := Suite{Name: "art/prompts.v2.csv", Properties: []Property{{"spent", "0.20"}}, Advice: map[string]string{"failed": "change the prompt", "held": "settle it"}}
	text, suite := junit(t, s,
		Result{ID: "cat", Row: 2, Status: "done", Model: "qwen-image-2.0", SubmittedAt: "2026-11-22T01:00:00Z", FinishedAt: "2026-11-22T01:00:15Z"},
		Result{Row: 3, Status: "failed", Prompt: "a dog", Model: "m", ErrorCode: "DataInspectionFailed", ErrorMessage: "no", TaskID: "t-1"},
		Result{Row: 3, Status: "held", Prompt: "a dog", Model: "m", ErrorCode: "InDoubt", ErrorMessage: "not answered"},
		Result{Row: 4, Status: "missing", Prompt: "一只猫", Model: "m"},
		Result{Row: 5, Status: "pending"}, Result{Row: 6, Status: "running"}, Result{Row: 7, Status: "skipped"}, Result{Row: 8, Status: "abandoned"})
	if suite.XMLName.Local != "testsuite" || suite.Name != "art/prompts.v2.csv" || suite.Started != "2026-11-22T01:00:00" {
		t.Errorf("suite %v %q at %q", suite.XMLName, suite.Name, suite.Started)
	}
	if got, want := fmt.Sprint(suite.Tests, suite.Failures, suite.Errors, suite.Skipped, suite.Time), "8 1 2 4 15"; got != want {
		t.Errorf("totals = %s, want %s", got, want)
	}
	var got []string
	for _, c := range suite.Cases {
		line := fmt.Sprintf("%s|%s|%g", c.Name, c.Class, c.Time)
		for kind, o := range map[string]*readOutcome{"failure": c.Failure, "error": c.Error, "skipped": c.Skipped} {
			if o != nil {
				line += fmt.Sprintf("|%s|%s|%s", kind, o.Type, o.Message)
			}
		}
		got = append(got, line)
	}
	want := []string{
		"cat|prompts_v2.qwen-image-2_0|15",
		"row 3 a-dog|prompts_v2.m|0|failure|DataInspectionFailed|no",
		"row 3-2 a-dog|prompts_v2.m|0|error|InDoubt|not answered",
		"row 4 一只猫|prompts_v2.m|0|error|missing|paid, and its picture file is gone",
		"row 5 picture|prompts_v2.|0|skipped||pending",
		"row 6 picture|prompts_v2.|0|skipped||running",
		"row 7 picture|prompts_v2.|0|skipped||skipped",
		"row 8 picture|prompts_v2.|0|skipped||abandoned",
	}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("cases:\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	for _, want := range []string{"what to do: change the prompt", "task: t-1", "what to do: settle it", `<property name="spent" value="0.20">`} {
		if !strings.Contains(text, want) {
			t.Errorf("the report does not say %q:\n%s", want, text)
		}
	}
}

func TestJUnitHoldsAnyText(t *testing.T) {
	var hostile strings.Builder
	for r := range rune(0x100) {
		hostile.WriteRune(r)
	}
	hostile.WriteString("\xff\xfe\ufffe\uffff\U0001f408]]><!--&amp;</testcase>\"'")
	s := hostile.String()
	text, suite := junit(t, Suite{Name: s, Properties: []Property{{s, s}}, Advice: map[string]string{"held": s}},
		Result{ID: s, Status: "held", Prompt: s, Model: s, ErrorCode: s, ErrorMessage: s})
	if !utf8.ValidString(text) {
		t.Error("the report is no UTF-8")
	}
	for _, r := range text {
		if r < ' ' && r != '\n' || r == 0xfffe || r == 0xffff {
			t.Errorf("the report holds %U", r)
		}
	}
	if c := suite.Cases; len(c) != 1 || !strings.Contains(c[0].Name, "\U0001f408]]><!--&amp;</testcase>\"'") {
		t.Errorf("cases = %+v, want the one that was written", c)
	}
}

func FuzzJUnit(f *testing.F) {
	f.Add("a", "b\x00", "\ufffe")
	f.Fuzz(func(t *testing.T, id, prompt, message string) {
		_, suite := junit(t, Suite{Name: id}, Result{ID: id, Prompt: prompt, Status: "failed", ErrorMessage: message}, Result{Row: 1})
		if len(suite.Cases) != 2 {
			t.Errorf("%d cases, want 2", len(suite.Cases))
		}
	})
}

func TestJUnitEndsWithAnError(t *testing.T) {
	broken := errors.New("broken")
	err := WriteJUnit(io.Discard, Suite{}, func(yield func(Result, error) bool) { yield(Result{}, broken) })
	if !errors.Is(err, broken) {
		t.Errorf("error = %v, want %v", err, broken)
	}
}

// A million cases are written one by one.
func TestJUnitStreams(t *testing.T) {
	written := 0
	err := WriteJUnit(smallWrites{&written}, Suite{Name: "p.csv"}, func(yield func(Result, error) bool) {
		for i := range 20_000 {
			if !yield(Result{Row: i + 2, Status: "done", Prompt: "a cat", Model: "qwen-image-plus"}, nil) {
				return
			}
		}
	})
	if err != nil || written < 1<<20 {
		t.Errorf("WriteJUnit wrote %d bytes, %v", written, err)
	}
}

// smallWrites refuses a report that was kept in memory.
type smallWrites struct{ n *int }

func (w smallWrites) Write(b []byte) (int, error) {
	if len(b) > 1<<16 {
		return 0, errors.New("much was kept before it was written")
	}
	*w.n += len(b)
	return len(b), nil
}

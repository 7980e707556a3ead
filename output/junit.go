package output

import (
	"cmp"
	"encoding/xml"
	"fmt"
	"io"
	"iter"
	"path"
	"strconv"
	"strings"
	"time"

	"github.com/qwenbatch/qwenbatch/output/filename"
)

// A Suite is the contents of a JUnit report apart from its cases. The zero value has no name.
type Suite struct {
	Name       string // of the manifest
	Properties []Property
	Advice     map[string]string // what to do now, by AdviceKey or status
}

// AdviceKey is the key in [Suite.Advice] of items with a status and an error code.
func AdviceKey(status, code string) string { return status + " " + code }

// advice is that of the error code or, where it has none of its own, of the status.
func (s Suite) advice(r Result) string {
	return cmp.Or(s.Advice[AdviceKey(r.Status, r.ErrorCode)], s.Advice[r.Status])
}

// A Property is a name and a value of a suite.
type Property struct {
	Name  string `xml:"name,attr"`
	Value string `xml:"value,attr"`
}

// WriteJUnit writes the results as JUnit XML, which CI services show: one suite, a case an
// item. Failed items are failures. Held items and lost pictures are errors, as a person has to
// decide. Items that are not submitted, or not yet, are skipped. There is no standard: the
// elements and their order satisfy both the schema of Ant's task (windyroad.com.au, JUnit.xsd)
// and that of Jenkins (xunit plugin, junit-10.xsd). Characters that XML 1.0 cannot hold become
// U+FFFD.
//
// The head holds the totals, so WriteJUnit ranges over rows twice.
func WriteJUnit(w io.Writer, s Suite, rows iter.Seq2[Result, error]) error {
	if err := writeJUnit(w, s, rows); err != nil {
		return fmt.Errorf("write JUnit report: %w", err)
	}
	return nil
}

func writeJUnit(w io.Writer, s Suite, rows iter.Seq2[Result, error]) error {
	head, err := s.head(rows)
	if err != nil {
		return err
	}
	if _, err := io.WriteString(w, xml.Header); err != nil {
		return err
	}
	out := xml.NewEncoder(w)
	out.Indent("", "  ")
	if err := out.EncodeToken(head); err != nil {
		return err
	}
	if err := out.Encode(junitProperties{List: s.Properties}); err != nil {
		return err
	}
	var names caseNames
	for r, err := range rows {
		if err != nil {
			return err
		}
		if err := out.Encode(s.testCase(r, names.of(r))); err != nil {
			return err
		}
	}
	for _, stream := range []string{"system-out", "system-err"} { // Ant's schema requires both
		empty := xml.StartElement{Name: xml.Name{Local: stream}}
		if err := out.EncodeElement("", empty); err != nil {
			return err
		}
	}
	if err := out.EncodeToken(head.End()); err != nil {
		return err
	}
	return out.Close()
}

// head counts the rows. Ant's schema requires a host; it is always localhost, which reveals
// nothing.
func (s Suite) head(rows iter.Seq2[Result, error]) (xml.StartElement, error) {
	tests, found := 0, map[string]int{}
	var busy time.Duration
	var took span
	for r, err := range rows {
		if err != nil {
			return xml.StartElement{}, err
		}
		tests++
		found[outcomes[r.Status]]++
		busy += serviceTime(r)
		took.add(r)
	}
	head := xml.StartElement{Name: xml.Name{Local: "testsuite"}}
	say := func(name, value string) {
		head.Attr = append(head.Attr, xml.Attr{Name: xml.Name{Local: name}, Value: value})
	}
	say("name", s.Name)
	if took.started != "" {
		// Ant's schema allows no time zone.
		say("timestamp", strings.TrimSuffix(took.started, "Z"))
	}
	say("hostname", "localhost")
	say("tests", strconv.Itoa(tests))
	say("failures", strconv.Itoa(found["failure"]))
	say("errors", strconv.Itoa(found["error"]))
	say("skipped", strconv.Itoa(found["skipped"]))
	say("time", seconds(busy))
	return head, nil
}

// outcomes are the elements of the statuses that are not done.
var outcomes = map[string]string{"failed": "failure", "held": "error", "missing": "error",
	"pending": "skipped", "running": "skipped", "skipped": "skipped", "abandoned": "skipped"}

type junitProperties struct {
	XMLName xml.Name   `xml:"properties"`
	List    []Property `xml:"property"`
}

type junitCase struct {
	XMLName xml.Name `xml:"testcase"`
	Name    string   `xml:"name,attr"`
	Class   string   `xml:"classname,attr"`
	Time    string   `xml:"time,attr"`
	Outcome *junitOutcome
}

type junitOutcome struct {
	XMLName xml.Name
	Type    string `xml:"type,attr,omitempty"`
	Message string `xml:"message,attr,omitempty"`
	Text    string `xml:",chardata"`
}

func (s Suite) testCase(r Result, name string) junitCase {
	c := junitCase{Name: name, Class: s.class(r.Model), Time: seconds(serviceTime(r))}
	switch kind := outcomes[r.Status]; kind {
	case "":
	case "skipped":
		c.Outcome = &junitOutcome{XMLName: xml.Name{Local: kind}, Message: r.Status}
	default:
		c.Outcome = &junitOutcome{XMLName: xml.Name{Local: kind}, Type: r.ErrorCode,
			Message: r.ErrorMessage, Text: s.detail(r)}
		if r.ErrorCode == "" {
			c.Outcome.Type = r.Status
		}
		if r.Status == "missing" {
			c.Outcome.Message = "paid, and its picture file is gone"
		}
	}
	return c
}

// class returns manifest.model, which Jenkins shows as package and class. It splits at the last
// dot, so dots within either become "_".
func (s Suite) class(model string) string {
	file := strings.TrimSuffix(path.Base(s.Name), path.Ext(s.Name))
	undotted := strings.NewReplacer(".", "_").Replace
	return undotted(file) + "." + undotted(model)
}

// detail is the text of an opened case.
func (s Suite) detail(r Result) string {
	var b strings.Builder
	for _, line := range [][2]string{{"what to do", s.advice(r)},
		{"row", strconv.Itoa(r.Row)}, {"prompt", r.Prompt},
		{"model", r.Model}, {"size", r.Size}, {"task", r.TaskID}, {"request", r.RequestID}} {
		if line[1] != "" {
			fmt.Fprintf(&b, "\n%s: %s", line[0], line[1])
		}
	}
	b.WriteByte('\n')
	return b.String()
}

// caseNames gives each case a name of its own: some services show only one case of a name.
type caseNames struct{ row, nth int }

// of returns the id, else row and beginning of the prompt. The items of a row must be neighbours.
func (n *caseNames) of(r Result) string {
	if r.Row != n.row {
		n.row, n.nth = r.Row, 0
	}
	n.nth++
	switch {
	case r.ID != "":
		return r.ID
	case n.nth > 1:
		return fmt.Sprintf("row %d-%d %s", r.Row, n.nth, filename.Slug(r.Prompt))
	}
	return fmt.Sprintf("row %d %s", r.Row, filename.Slug(r.Prompt))
}

// serviceTime is the time from submission to picture, 0 if either is unknown.
func serviceTime(r Result) time.Duration {
	from, err := time.Parse(time.RFC3339, r.SubmittedAt)
	to, err2 := time.Parse(time.RFC3339, r.FinishedAt)
	if err != nil || err2 != nil {
		return 0
	}
	return max(0, to.Sub(from))
}

func seconds(d time.Duration) string { return strconv.FormatFloat(d.Seconds(), 'f', -1, 64) }

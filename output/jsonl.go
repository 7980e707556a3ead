package output

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"iter"
)

// WriteJSONL writes the results exactly, a JSON object a line, for programs. The keys are the
// column names of the CSV; unknown values are left out; "columns" holds the manifest's own
// columns, in their order, as strings. Money is a string, so that no program reads it as a
// binary fraction.
func WriteJSONL(w io.Writer, columns []string, rows iter.Seq2[Result, error]) error {
	if err := writeJSONL(w, columns, rows); err != nil {
		return fmt.Errorf("write JSON report: %w", err)
	}
	return nil
}

func writeJSONL(w io.Writer, columns []string, rows iter.Seq2[Result, error]) error {
	line := newJSONLine(columns)
	line.json.SetEscapeHTML(false)
	for r, err := range rows {
		if err == nil {
			err = r.checkColumns(columns)
		}
		if err != nil {
			return err
		}
		line.Reset()
		if err := line.open(r); err != nil {
			return err
		}
		line.WriteString("}\n")
		if _, err := w.Write(line.Bytes()); err != nil {
			return err
		}
	}
	return nil
}

// A jsonLine is an object of JSON under construction, which has its array for each row again.
type jsonLine struct {
	bytes.Buffer
	json    *json.Encoder // into the buffer
	columns []string      // names of the manifest's own
	result  Result
	text    string
}

func newJSONLine(columns []string) *jsonLine {
	l := &jsonLine{columns: columns}
	l.json = json.NewEncoder(&l.Buffer)
	return l
}

// open appends the object of a row but for its last brace. A row may have fewer cells than the
// sheet has columns; the missing ones are left out.
func (l *jsonLine) open(r Result) error {
	l.result = r
	if err := l.encode(&l.result); err != nil {
		return err
	}
	l.Truncate(l.Len() - len("}"))
	if len(l.columns) == 0 {
		return nil
	}
	l.WriteString(`,"columns":{`)
	for i, cell := range r.Columns {
		if i > 0 {
			l.WriteByte(',')
		}
		if err := l.string(l.columns[i]); err != nil {
			return err
		}
		l.WriteByte(':')
		if err := l.string(cell); err != nil {
			return err
		}
	}
	l.WriteByte('}')
	return nil
}

func (l *jsonLine) string(s string) error {
	l.text = s
	return l.encode(&l.text)
}

// encode appends a value without the newline that an encoder puts behind it.
func (l *jsonLine) encode(v any) error {
	err := l.json.Encode(v)
	if err == nil {
		l.Truncate(l.Len() - len("\n"))
	}
	return err
}

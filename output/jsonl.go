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
	out := json.NewEncoder(w)
	out.SetEscapeHTML(false)
	for r, err := range rows {
		if err == nil {
			err = r.checkColumns(columns)
		}
		if err != nil {
			return err
		}
		if err := out.Encode(newJSONLine(r, columns)); err != nil {
			return err
		}
	}
	return nil
}

type jsonLine struct {
	Result
	Columns *orderedCells `json:"columns,omitempty"`
}

func newJSONLine(r Result, columns []string) jsonLine {
	line := jsonLine{Result: r}
	if len(columns) > 0 {
		line.Columns = &orderedCells{names: columns, cells: r.Columns}
	}
	return line
}

// orderedCells is a JSON object with keys in the order of the sheet.
type orderedCells struct {
	names []string
	cells []string
}

// MarshalJSON implements [json.Marshaler]. A row may have fewer cells than the sheet has
// columns; the missing ones are left out.
func (o *orderedCells) MarshalJSON() ([]byte, error) {
	var b bytes.Buffer
	b.WriteByte('{')
	for i, cell := range o.cells {
		if i > 0 {
			b.WriteByte(',')
		}
		if err := encodeString(&b, o.names[i]); err != nil {
			return nil, err
		}
		b.WriteByte(':')
		if err := encodeString(&b, cell); err != nil {
			return nil, err
		}
	}
	b.WriteByte('}')
	return b.Bytes(), nil
}

// encodeString writes s as JSON and leaves <, > and & as they are: the outer encoder escapes
// them if it should.
func encodeString(b *bytes.Buffer, s string) error {
	out := json.NewEncoder(b)
	out.SetEscapeHTML(false)
	return out.Encode(s) // ends with a newline, which json removes from the result of a Marshaler
}

package output

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"iter"
)

// WriteJSONL writes the results exactly, a JSON object a line, for programs: the names of the CSV's
// columns as keys, what is not known left out, the manifest's own columns in their order as strings under
// "columns". Money is a string, so that no program reads it as a binary fraction.
//
// Rows are written as they come and not kept. An error among them ends the report.
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
		if err != nil {
			return err
		}
		if len(r.Columns) > len(columns) {
			return fmt.Errorf("item %q: %d cells for %d columns of the manifest", r.ID, len(r.Columns), len(columns))
		}
		line := jsonLine{Result: r}
		if len(columns) > 0 {
			line.Columns = &orderedCells{names: columns, cells: r.Columns}
		}
		if err := out.Encode(line); err != nil {
			return err
		}
	}
	return nil
}

type jsonLine struct {
	Result
	Columns *orderedCells `json:"columns,omitempty"`
}

// orderedCells is a JSON object whose keys are in the order of the sheet.
type orderedCells struct {
	names []string
	cells []string
}

// MarshalJSON implements [json.Marshaler]. A row may have fewer cells than the sheet has columns; those
// that it has not are left out.
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

// encodeString writes s as JSON without escaping <, > and &, which a nested Marshaler must see to itself.
func encodeString(b *bytes.Buffer, s string) error {
	out := json.NewEncoder(b)
	out.SetEscapeHTML(false)
	return out.Encode(s) // ends with a newline, which json removes from what a Marshaler returns
}

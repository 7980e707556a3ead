package manifests

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
)

// An objectReader is the object being read. It makes one row after the other in the same place.
type objectReader struct {
	rows   *jsonRows
	reader *jsonReader
	text   string // of the object; its values are parts of it
	row    row
	named  [fields][]byte // the key that gave a field
	filled []bool         // parallel to the columns
}

// next reads the object on which the reader stands.
func (o *objectReader) next() *row {
	r := o.reader
	o.row = row{number: r.number, at: r.at, faults: o.row.faults[:0]}
	clear(o.named[:])
	clear(o.filled)
	what := "item"
	if r.form == formLines {
		what = "line"
	}
	switch {
	case r.broken != "":
		o.unfit(0, r.broken)
	case r.overlong:
		o.unfit(0, fmt.Sprintf("the %s is longer than %d MiB", what, maxRecord>>20))
	case r.isPrompt():
		if len(o.rows.names) > 0 {
			o.row.columns = make([]string, len(o.rows.names))
		}
		text, trouble := unquote(r.text)
		o.row.cells[fieldPrompt] = cell{text: text, said: true}
		if trouble != "" {
			o.fault(0, fieldPrompt.String(), trouble)
		}
	case r.text[0] != '{':
		o.unfit(0, fmt.Sprintf(`each %s is one JSON object, as in {"prompt": "a cat"}`, what))
	default:
		o.read()
	}
	return &o.row
}

func (o *objectReader) fault(at int, name, text string) {
	pos := o.reader.position(o.rows.path, at)
	o.row.faults = append(o.row.faults, fault{pos: pos, field: name, text: text})
}

// unfit reports a line that is no object at all.
func (o *objectReader) unfit(at int, text string) {
	o.fault(at, "", text)
	o.row.unfit = true
}

func (o *objectReader) read() {
	text := o.reader.text
	if !o.rows.valid && !isObject(text) {
		var broken *json.SyntaxError
		errors.As(json.Unmarshal(text, new(json.RawMessage)), &broken)
		o.unfit(max(0, int(broken.Offset)-1), "is not valid JSON: "+broken.Error())
		return
	}
	if len(o.rows.names) > 0 {
		if len(o.rows.names) > 0 {
			o.row.columns = make([]string, len(o.rows.names))
		}
	}
	o.text = string(text) // one allocation for all of them
	for m := range members(text) {
		o.member(m)
	}
}

func (o *objectReader) member(m member) {
	if f, ok := o.rows.fieldOf(m); ok {
		o.field(f, m)
		return
	}
	if i, ok := o.rows.plainColumn(m); ok {
		o.column(i, m)
		return
	}
	key, trouble := unquote(m.key)
	if trouble != "" {
		o.fault(m.at, key, trouble)
		return
	}
	if key == columnsKey.name && m.value[0] == '{' {
		for inner := range members(m.value) {
			inner.at, inner.valueAt = inner.at+m.valueAt, inner.valueAt+m.valueAt
			name, trouble := unquote(inner.key)
			if trouble != "" {
				o.fault(inner.at, name, trouble)
			}
			o.column(o.rows.index[name], inner)
		}
		return
	}
	o.column(o.rows.index[key], m)
}

func (o *objectReader) field(f field, m member) {
	if before := o.named[f]; before != nil && f == fieldImage && string(before) != string(m.key) {
		text, _ := o.value(m)
		o.row.cells[f].addLine(text)
		return
	} else if before != nil {
		o.again(f, before, m)
		return
	}
	o.named[f] = m.key
	text, trouble := o.value(m)
	switch {
	case trouble != "":
	case m.value[0] == '[' && isList(f):
		text, trouble = listOfJSON(f, m.value)
	case m.value[0] == '{' || m.value[0] == '[':
		trouble = "must be a single value, not a list or an object"
	case (m.value[0] == 't' || m.value[0] == 'f') && !isBoolean(f):
		trouble = fmt.Sprintf("%s stands where %s is wanted", m.value, wanted(f))
	}
	if trouble != "" {
		o.fault(m.valueAt, f.String(), trouble)
		return
	}
	o.row.cells[f] = cell{text: text, said: m.value[0] != 'n'}
}

// listOfJSON is the text of a list: a line for each of its texts, or the list itself.
func listOfJSON(f field, list []byte) (text, trouble string) {
	if fieldTable[f].kind == kindList {
		return string(list), ""
	}
	var lines []string
	if json.Unmarshal(list, &lines) != nil {
		return "", "must be a text, or a list of texts"
	}
	return strings.Join(lines, "\n"), ""
}

// again reports a field that is there a second time.
func (o *objectReader) again(f field, before []byte, m member) {
	first, _ := unquote(before)
	second, _ := unquote(m.key)
	if first == second {
		o.fault(m.at, first, "stands here twice")
		return
	}
	o.fault(m.at, "", sameMeaning(f, first, second))
}

func wanted(f field) string {
	if isNumber(f) {
		return "a whole number"
	}
	return "text"
}

func (o *objectReader) column(i int, m member) {
	name := o.rows.names[i]
	if o.filled[i] {
		o.fault(m.at, name, "stands here twice")
		return
	}
	text, trouble := o.value(m)
	if trouble != "" {
		o.fault(m.valueAt, name, trouble)
	}
	o.filled[i], o.row.columns[i] = true, text
}

// value is the text of a value: a string without its quotes, nothing for null, and else as it
// is written.
func (o *objectReader) value(m member) (text, trouble string) {
	from, to := m.valueAt, m.valueAt+len(m.value)
	switch {
	case m.value[0] == 'n':
		return "", ""
	case m.value[0] != '"':
		return o.text[from:to], ""
	case bytes.IndexByte(m.value, '\\') >= 0:
		return unquote(m.value)
	}
	return o.text[from+1 : to-1], ""
}

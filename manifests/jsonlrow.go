package manifests

import (
	"encoding/json"
	"errors"
	"fmt"
)

// row reads the line on which r stands.
func (l *lines) row(r *lineReader) *row {
	o := object{lines: l, reader: r, row: &row{number: r.at.line, at: r.at}}
	switch {
	case r.overlong:
		o.unfit(0, fmt.Sprintf("the line is longer than %d MiB", maxRecord>>20))
	case r.text[0] != '{':
		o.unfit(0, `a line is one JSON object, as in {"prompt": "a cat"}`)
	default:
		o.read()
	}
	return o.row
}

// An object is a line being read.
type object struct {
	lines  *lines
	reader *lineReader
	row    *row
	named  [fields][]byte // the key that gave a field
	filled []bool         // parallel to the columns
}

func (o *object) fault(at int, field, text string) {
	pos := o.reader.position(o.lines.path, at)
	o.row.faults = append(o.row.faults, fault{pos: pos, field: field, text: text})
}

// unfit reports a line that is no object at all.
func (o *object) unfit(at int, text string) {
	o.fault(at, "", text)
	o.row.unfit = true
}

func (o *object) read() {
	text := o.reader.text
	if !o.lines.valid && !json.Valid(text) {
		var broken *json.SyntaxError
		errors.As(json.Unmarshal(text, new(json.RawMessage)), &broken)
		o.unfit(max(0, int(broken.Offset)-1), "is not valid JSON: "+broken.Error())
		return
	}
	if len(o.lines.names) > 0 {
		o.row.columns = make([]string, len(o.lines.names))
		o.filled = make([]bool, len(o.lines.names))
	}
	for m := range members(text) {
		o.member(m)
	}
}

func (o *object) member(m member) {
	if f, ok := o.lines.fieldOf(m); ok {
		o.field(f, m)
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
			o.column(name, inner)
		}
		return
	}
	o.column(key, m)
}

func (o *object) field(f field, m member) {
	if before := o.named[f]; before != nil {
		o.again(f, before, m)
		return
	}
	o.named[f] = m.key
	text, trouble := o.value(m.value)
	switch {
	case trouble != "":
	case m.value[0] == '{' || m.value[0] == '[':
		trouble = "must be a single value, not a list or an object"
	case (m.value[0] == 't' || m.value[0] == 'f') && f != fieldExtend && f != fieldWatermark && f != fieldSkip:
		trouble = fmt.Sprintf("%s stands where %s is wanted", m.value, wanted(f))
	}
	if trouble != "" {
		o.fault(m.valueAt, f.String(), trouble)
		return
	}
	o.row.cells[f] = cell{text: text, said: m.value[0] != 'n'}
}

// again reports a field that is there a second time.
func (o *object) again(f field, before []byte, m member) {
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

func (o *object) column(name string, m member) {
	i := o.lines.index[name]
	if o.filled[i] {
		o.fault(m.at, name, "stands here twice")
		return
	}
	text, trouble := o.value(m.value)
	if trouble != "" {
		o.fault(m.valueAt, name, trouble)
	}
	o.filled[i], o.row.columns[i] = true, text
}

// value is the text of a value: a string without its quotes, nothing for null, and else as it is written.
func (o *object) value(literal []byte) (text, trouble string) {
	switch literal[0] {
	case '"':
		return unquote(literal)
	case 'n':
		return "", ""
	}
	return string(literal), ""
}

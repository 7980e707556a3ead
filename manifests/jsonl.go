package manifests

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"unicode"
	"unicode/utf8"
)

// columnsKey is the key whose object holds carried-through columns, as in YAML and in results.jsonl.
const columnsKey = "columns"

// lines are a manifest of one JSON object a line.
type lines struct {
	path   string
	copy   *privateCopy
	names  []string // of carried-through columns, in order of first appearance
	index  map[string]int
	fields map[string]field // of the keys that have a meaning; it grows in Open only
}

// openLines reads all keys, as the order of the columns is that of their first appearance.
func openLines(m *Manifest, o Options) error {
	l := &lines{path: m.path, copy: m.copy, index: map[string]int{}, fields: map[string]field{}}
	m.source = l
	chosen, err := l.choose(o.Columns)
	if err != nil {
		return err
	}
	var first *ErrorList
	prompts := false
	r := l.reader(ref{line: 1})
	for r.next() {
		if !isObject(r.text) {
			continue // rows reports it
		}
		if first == nil {
			first = single(Position{l.path, r.at.line, 1}, "", "%s", noPrompt(keysOf(r.text)))
		}
		prompts = l.learn(r.text, chosen) || prompts
		if len(l.names) > maxColumns {
			return single(Position{l.path, r.at.line, 1}, "", "here are more than %d different keys", maxColumns)
		}
	}
	if r.err != nil {
		return fmt.Errorf("read %s: %w", l.path, r.err)
	}
	if first != nil && !prompts {
		return first
	}
	return nil
}

// choose checks what the person said of the keys: the field of each key named.
func (l *lines) choose(explicit map[string]string) (map[string]field, error) {
	chosen := map[string]field{}
	var list ErrorList
	for _, name := range sortedKeys(explicit) {
		f, ok := fieldNamed(name)
		if !ok {
			list.add(Error{Pos: Position{File: l.path}, Text: unknownField(name, explicit[name])})
		}
		chosen[sameKey(explicit[name])] = f
	}
	return chosen, list.err()
}

// learn takes the keys of one object and reports whether one of them means the prompt.
func (l *lines) learn(text []byte, chosen map[string]field) (prompt bool) {
	for m := range members(text) {
		if f, known := l.fieldOf(m); known {
			prompt = prompt || f == fieldPrompt
			continue
		}
		key, _ := unquote(m.key)
		if f, ok := l.meaning(key, chosen); ok {
			l.fields[key] = f
			prompt = prompt || f == fieldPrompt
			continue
		}
		if key == columnsKey && m.value[0] == '{' {
			for inner := range members(m.value) {
				name, _ := unquote(inner.key)
				l.carry(name)
			}
			continue
		}
		l.carry(key)
	}
	return prompt
}

// fieldOf is the field of a key that has been seen in Open. It allocates nothing for the keys that people write.
func (l *lines) fieldOf(m member) (field, bool) {
	if key, ok := m.plainKey(); ok {
		f, known := l.fields[string(key)]
		return f, known
	}
	key, _ := unquote(m.key)
	f, known := l.fields[key]
	return f, known
}

// meaning is the field of a key: as the person said, else by its name, unless another key was named for that field.
func (l *lines) meaning(key string, chosen map[string]field) (field, bool) {
	if f, ok := chosen[sameKey(key)]; ok {
		return f, true
	}
	f, ok := fieldMeant(key)
	for _, taken := range chosen {
		ok = ok && taken != f
	}
	return f, ok
}

func (l *lines) carry(name string) {
	if _, ok := l.index[name]; !ok {
		l.index[name] = len(l.names)
		l.names = append(l.names, name)
	}
}

func keysOf(text []byte) (keys []string) {
	for m := range members(text) {
		key, _ := unquote(m.key)
		keys = append(keys, key)
	}
	return keys
}

func isObject(text []byte) bool { return text[0] == '{' && json.Valid(text) }

func (l *lines) columns() []string { return l.names }

func (l *lines) rows() iter.Seq2[*row, error] {
	return func(yield func(*row, error) bool) {
		r := l.reader(ref{line: 1})
		for r.next() {
			if !yield(l.row(r), nil) {
				return
			}
		}
		if r.err != nil {
			yield(nil, r.err)
		}
	}
}

// place reads the line once more.
func (l *lines) place(at ref, name string) Position {
	r := l.reader(at)
	if !r.next() || r.overlong || !isObject(r.text) {
		return Position{l.path, at.line, 1}
	}
	if m, ok := l.find(r.text, name); ok {
		return r.position(l.path, m.valueAt)
	}
	return r.position(l.path, 0)
}

// find is the member that means a field, or else is the carried-through column of that name.
func (l *lines) find(text []byte, name string) (found member, ok bool) {
	wanted, isField := fieldNamed(name)
	for m := range members(text) {
		key, _ := unquote(m.key)
		f, known := l.fieldOf(m)
		if known && isField && f == wanted || !known && !isField && key == name {
			return m, true
		}
		if key == columnsKey && m.value[0] == '{' && !isField {
			for inner := range members(m.value) {
				if key, _ := unquote(inner.key); key == name {
					inner.valueAt += m.valueAt
					return inner, true
				}
			}
		}
	}
	return member{}, false
}

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
	if !json.Valid(text) {
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
	if key == columnsKey && m.value[0] == '{' {
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

// A lineReader reads the lines that are not blank.
type lineReader struct {
	r             *bufio.Reader
	at, following ref
	text          []byte // without white space around it; good until the next line
	indent        []byte // the white space before it
	overlong      bool
	err           error
}

func (l *lines) reader(at ref) *lineReader {
	return &lineReader{r: bufio.NewReaderSize(l.copy.from(at.offset), 1<<16), following: at}
}

// next reads on and reports whether there was a line. Nothing is read behind one that is too long.
func (r *lineReader) next() bool {
	for !r.overlong && r.err == nil {
		line, err := r.line()
		if err != nil && !errors.Is(err, io.EOF) {
			r.err = err
			return false
		}
		if len(line) == 0 {
			return false
		}
		r.at = r.following
		r.following = ref{offset: r.at.offset + int64(len(line)), line: r.at.line + 1}
		r.text = bytes.TrimSpace(line)
		if len(r.text) > 0 {
			r.indent = line[:len(line)-len(bytes.TrimLeftFunc(line, unicode.IsSpace))]
			return true
		}
	}
	return false
}

// line is the next line with its end.
func (r *lineReader) line() ([]byte, error) {
	line, err := r.r.ReadSlice('\n')
	if !errors.Is(err, bufio.ErrBufferFull) {
		return line, err
	}
	long := bytes.Clone(line)
	for errors.Is(err, bufio.ErrBufferFull) && len(long) <= maxRecord {
		line, err = r.r.ReadSlice('\n')
		long = append(long, line...)
	}
	r.overlong = len(long) > maxRecord
	return long, err
}

// position is the place of an offset of the text.
func (r *lineReader) position(path string, offset int) Position {
	return Position{path, r.at.line, utf8.RuneCount(r.indent) + utf8.RuneCount(r.text[:offset]) + 1}
}

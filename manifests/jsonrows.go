package manifests

import (
	"fmt"
	"iter"

	"github.com/qwenbatch/qwenbatch/manifests/spool"
	"github.com/qwenbatch/qwenbatch/manifests/xlsx"
)

// jsonRows are a manifest of JSON objects: one a line, in an array, or one behind the other.
type jsonRows struct {
	path   string
	copy   *spool.File
	form   jsonForm
	within bool     // an array in an object
	start  ref      // of the first object
	names  []string // of carried-through columns, in order of first appearance
	index  map[string]int
	fields map[string]field // of the keys that have a meaning; it grows in Open only
	plain  map[string]int   // the column of keys that are known to be one; it grows in Open only
	// every object is one, or the text of a prompt: Open has seen it, and the copy does not change
	valid bool
}

// openJSON reads all keys, as the order of the columns is that of their first appearance.
func openJSON(in input) (*reading, error) {
	l := &jsonRows{
		path: in.path, copy: in.text, valid: true, start: ref{line: 1},
		index: map[string]int{}, fields: map[string]field{}, plain: map[string]int{},
	}
	chosen, err := l.choose(in.options.Columns)
	if err != nil {
		return nil, err
	}
	opened := &reading{source: l, text: in.text, skipMark: `"skip": true`}
	if err := l.findObjects(in, chosen, opened); err != nil {
		return nil, err
	}
	first, prompts, err := l.learnAll(chosen)
	if err != nil {
		return nil, err
	}
	opened.takeSides(in)
	if first == nil || in.wants != nil {
		return opened, nil
	}
	prompts = prompts || in.options.Prompt != "" && l.has(fieldImage)
	return opened, l.judgeKeys(first, prompts, chosen, opened)
}

// learnAll takes the keys of all objects. It returns the first of them, nil for an empty
// manifest, and whether any has a prompt.
func (l *jsonRows) learnAll(chosen map[string]field) (first *firstObject, prompts bool, err error) {
	r := l.reader(l.start)
	for r.next() {
		if r.isPrompt() {
			prompts = true
			continue
		}
		if r.broken != "" || !isObject(r.text) {
			l.valid = false
			continue // rows reports it
		}
		if first == nil {
			first = &firstObject{r.position(l.path, 0), keysOf(r.text)}
		}
		prompts = l.learn(r.text, chosen) || prompts
		if len(l.names) > xlsx.MaxColumns {
			return nil, false, single(r.position(l.path, 0), "",
				"here are more than %d different keys", xlsx.MaxColumns)
		}
	}
	if r.err != nil {
		return nil, false, fmt.Errorf("read %s: %w", l.path, r.err)
	}
	return first, prompts, nil
}

// noKey begins what no key is the same as: no column gives the field.
const noKey = "\x00"

// choose checks what the person said of the keys: the field of each key named.
func (l *jsonRows) choose(explicit map[string]string) (map[string]field, error) {
	chosen := map[string]field{}
	var list ErrorList
	for _, name := range sortedKeys(explicit) {
		f, ok := fieldNamed(name)
		if !ok {
			list.add(Error{Pos: Position{File: l.path}, Text: unknownField(name, explicit[name])})
		}
		key := sameKey(explicit[name])
		if key == "" {
			key = noKey + name
		}
		chosen[key] = f
	}
	return chosen, list.err()
}

// learn takes the keys of one object and reports whether one of them means the prompt.
func (l *jsonRows) learn(text []byte, chosen map[string]field) (prompt bool) {
	for m := range members(text) {
		if f, known := l.fieldOf(m); known {
			prompt = prompt || f == fieldPrompt
			continue
		}
		if _, known := l.plainColumn(m); known {
			continue // as in most lines
		}
		key, _ := unquote(m.key)
		if f, ok := l.meaning(key, chosen); ok {
			l.fields[key] = f
			prompt = prompt || f == fieldPrompt
			continue
		}
		if key == columnsKey.name && m.value[0] == '{' {
			for inner := range members(m.value) {
				name, _ := unquote(inner.key)
				l.carry(name)
			}
			continue
		}
		l.carry(key)
		if key != columnsKey.name { // which may be an object in another line
			l.plain[key] = l.index[key]
		}
	}
	return prompt
}

// fieldOf is the field of a key that has been seen in Open. It allocates nothing for the keys
// that people write.
func (l *jsonRows) fieldOf(m member) (field, bool) {
	if key, ok := m.plainKey(); ok {
		f, known := l.fields[string(key)]
		return f, known
	}
	key, _ := unquote(m.key)
	f, known := l.fields[key]
	return f, known
}

// plainColumn is the column of a key that has been seen in Open, if the key is written as
// people do. It allocates nothing.
func (l *jsonRows) plainColumn(m member) (column int, ok bool) {
	key, ok := m.plainKey()
	if !ok {
		return 0, false
	}
	column, ok = l.plain[string(key)]
	return column, ok
}

// meaning is the field of a key: as the person said, else by its name, unless another key was
// named for that field.
func (l *jsonRows) meaning(key string, chosen map[string]field) (field, bool) {
	if f, ok := chosen[sameKey(key)]; ok {
		return f, true
	}
	f, ok := fieldMeant(key)
	for _, taken := range chosen {
		ok = ok && taken != f
	}
	return f, ok
}

func (l *jsonRows) carry(name string) {
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

func (l *jsonRows) columns() []string         { return l.names }
func (l *jsonRows) headers() map[string]field { return l.fields }

func (l *jsonRows) rows() iter.Seq2[*row, error] {
	return func(yield func(*row, error) bool) {
		r := l.reader(l.start)
		o := objectReader{rows: l, reader: r, filled: make([]bool, len(l.names))}
		for r.next() {
			if !yield(o.next(), nil) {
				return
			}
		}
		if r.err != nil {
			yield(nil, r.err)
		}
	}
}

// place reads the object once more.
func (l *jsonRows) place(at ref, name string) Position {
	r := l.reader(at)
	if !r.next() || r.overlong || r.broken != "" || !isObject(r.text) {
		return placeIn(l.path, at.line, at.column+1)
	}
	if m, ok := l.find(r.text, name); ok {
		return r.position(l.path, m.valueAt)
	}
	return r.position(l.path, 0)
}

// find is the member that means a field, or else is the carried-through column of that name.
func (l *jsonRows) find(text []byte, name string) (found member, ok bool) {
	asked, isField := fieldNamed(name)
	for m := range members(text) {
		key, _ := unquote(m.key)
		f, known := l.fieldOf(m)
		if known && isField && f == asked || !known && !isField && key == name {
			return m, true
		}
		if key == columnsKey.name && m.value[0] == '{' && !isField {
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

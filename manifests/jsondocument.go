package manifests

import (
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"slices"
)

// maxDocument is how many bytes an object may have in which the list of objects stands, as it
// is held in memory once. A list that is the whole document may be of any size.
const maxDocument = 64 << 20

// findObjects finds out how the objects follow one another and where the first of them stands.
// What stands beside their list is told in the reading.
func (l *jsonRows) findObjects(in input, chosen map[string]field, opened *reading) error {
	lines := l.reader(l.start)
	if !lines.next() || lines.overlong {
		return l.noSheet(in)
	}
	first, whole := lines.text[0], isObject(lines.text)
	switch {
	case first == '[':
		l.form = formArray
		top := l.reader(l.start)
		top.afterSpace()
		top.byte()
		l.start = top.following
		return l.noSheet(in)
	case first != '{', whole && (lines.next() || in.ext != ".json" && in.wants != nil):
		return l.noSheet(in) // one a line
	}
	return l.findList(in, chosen, opened, whole)
}

// findList looks for the list of objects in the object that the text begins with, which may
// also be an item itself, or one of several; oneLine says that it stands in one.
func (l *jsonRows) findList(in input, chosen map[string]field, opened *reading,
	oneLine bool) error {
	l.form = formStream
	r := l.reader(l.start)
	r.most = maxDocument
	switch r.next(); {
	case r.overlong:
		return single(Position{File: l.path}, "", "the object in it is longer than "+
			"%d MiB; a list of its own, or one object a line, may be of any size", r.most>>20)
	case !json.Valid(r.text) && in.ext != ".json":
		l.form = formLines // which tell more
		return l.noSheet(in)
	case !json.Valid(r.text):
		var broken *json.SyntaxError
		errors.As(json.Unmarshal(r.text, new(json.RawMessage)), &broken)
		return single(r.position(l.path, max(0, int(broken.Offset)-1)), "",
			"is not valid JSON: %v", broken)
	}
	object := *r
	d := surveyed(r.text, func(key string) bool {
		f, ok := l.meaning(key, chosen)
		return ok && f == fieldPrompt
	})
	if in.options.Sheet == "" && (d.item || r.next()) {
		if oneLine {
			l.form = formLines
		}
		return nil
	}
	list, err := d.choose(in.path, in.options.Sheet)
	if err != nil {
		return err
	}
	l.form, l.within = formArray, true
	for top := l.reader(l.start); l.start.offset < object.at.offset+int64(list.start); {
		top.byte()
		l.start = top.following
	}
	opened.headerWarnings, opened.guesses = l.unread(d, list, &object)
	return nil
}

// noSheet refuses the name of a sheet where there is one list only.
func (l *jsonRows) noSheet(in input) error {
	if in.options.Sheet == "" {
		return nil
	}
	return single(Position{File: in.path}, "", notASheet)
}

// A jsonList is a list in the object that is a whole document.
type jsonList struct {
	name    string
	start   int  // offset behind its [
	objects bool // the first of its elements is an object
	prompts bool // of which a key means the prompt
	texts   bool // or it is a text
	length  int
}

// A jsonDocument is the object that is a whole document.
type jsonDocument struct {
	lists  []jsonList
	others []member
	item   bool // it is an item itself: one of the others means the prompt
}

// surveyed tells what stands in a JSON object, which must be valid.
func surveyed(text []byte, isPrompt func(key string) bool) (d jsonDocument) {
	for m := range members(text) {
		name, _ := unquote(m.key)
		if m.value[0] != '[' {
			d.others = append(d.others, m)
			d.item = d.item || isPrompt(name) && m.value[0] != '{'
			continue
		}
		list := jsonList{name: name, start: m.valueAt + 1}
		for element := range elements(m.value) {
			if list.length++; list.length == 1 {
				list.texts, list.objects = element[0] == '"', element[0] == '{'
				list.prompts = list.objects && slices.ContainsFunc(keysOf(element), isPrompt)
			}
		}
		d.lists = append(d.lists, list)
	}
	return d
}

// elements are those of a JSON array, which must be valid.
func elements(text []byte) iter.Seq[[]byte] {
	return func(yield func([]byte) bool) {
		for i := afterSpace(text, 1); text[i] != ']'; {
			length := valueLength(text[i:])
			if !yield(text[i : i+length]) {
				return
			}
			if i = afterSpace(text, i+length); text[i] == ',' {
				i = afterSpace(text, i+1)
			}
		}
	}
}

// choose takes the list that is asked for, or the only one that can be meant: of objects with
// prompts, else of objects, else of texts.
func (d *jsonDocument) choose(path, asked string) (jsonList, error) {
	refuse := func(format string, args ...any) (jsonList, error) {
		return jsonList{}, single(placeIn(path, 1, 1), "", format, args...)
	}
	var names []string
	for _, a := range d.lists {
		if names = append(names, a.name); a.name == asked {
			return a, nil
		}
	}
	if asked != "" {
		return refuse("there is no list %q in it; there are %s", asked, quoteAll(names))
	}
	for _, can := range []func(jsonList) bool{
		func(a jsonList) bool { return a.prompts },
		func(a jsonList) bool { return a.objects },
		func(a jsonList) bool { f, ok := fieldMeant(a.name); return a.texts && ok && f == fieldPrompt },
		func(a jsonList) bool { return a.texts },
	} {
		var fit []jsonList
		for _, a := range d.lists {
			if can(a) {
				fit = append(fit, a)
			}
		}
		switch {
		case len(fit) == 1 && !d.isTable(fit[0]):
			return fit[0], nil
		case len(fit) > 0 && d.isTable(fit[0]):
			return refuse("has a list for each column; write it as a list of objects, in pandas " +
				"with to_json(…, orient=\"records\")")
		case len(fit) > 1:
			return refuse("%s in it are lists of items; take one with --sheet %s", quoteAll(names),
				fit[0].name)
		}
	}
	return refuse("%s", d.noList(path))
}

// isTable reports whether the lists are the columns of a table: another one, of a field or
// another text, is as long as the list of texts.
func (d *jsonDocument) isTable(list jsonList) bool {
	return list.texts && list.length > 1 && slices.ContainsFunc(d.lists, func(a jsonList) bool {
		return a.name != list.name && !a.objects && a.length == list.length
	})
}

// unread warns of what stands beside the list and may be meant for its items, and tells that
// there are other lists.
func (l *jsonRows) unread(d jsonDocument, a jsonList, r *jsonReader) (warnings, guesses ErrorList) {
	for _, m := range d.others {
		name, _ := unquote(m.key)
		if f, ok := fieldMeant(name); ok {
			warnings.add(Error{Pos: r.position(l.path, m.at), Text: fmt.Sprintf(
				"%q stands beside %q and is not read; say the %s in each object, or with a flag",
				name, a.name, f)})
		}
	}
	var names []string
	for _, other := range d.lists {
		if other.name != a.name && (other.objects || other.texts) {
			names = append(names, other.name)
		}
	}
	if len(names) > 0 {
		guesses.add(Error{Pos: placeIn(l.path, l.start.line, l.start.column), Text: fmt.Sprintf(
			"the list %q is read, %s beside it is not; --sheet NAME takes another", a.name,
			quoteAll(names))})
	}
	return warnings, guesses
}

package manifests

import (
	"maps"
	"slices"
	"unicode/utf8"
)

// A firstObject is what messages show of a file.
type firstObject struct {
	at   Position
	keys []string
}

// judgeKeys says that no key holds the prompts, or that two may, and warns of keys that are
// nearly ours.
func (l *jsonRows) judgeKeys(first *firstObject, prompts bool, chosen map[string]field,
	opened *reading) error {
	for _, slip := range nearMisses(l.names, l.has) {
		opened.headerWarnings.add(Error{Pos: first.at, Text: slip.text})
	}
	if !prompts {
		return single(first.at, "", "%s", noPrompt(first.keys, l.lengths(first.keys)))
	}
	if text := l.rivals(chosen); text != "" {
		return single(first.at, "", "%s", text)
	}
	return nil
}

// has reports whether a key gives a field.
func (l *jsonRows) has(f field) bool {
	return slices.Contains(slices.Collect(maps.Values(l.fields)), f)
}

// rivals complains of a key that speaks of prompts beside one that has many meanings.
func (l *jsonRows) rivals(chosen map[string]field) string {
	var weak []string
	for key, f := range l.fields {
		_, said := chosen[sameKey(key)]
		if f == fieldPrompt && (said || plainName(key) != weakPrompt) {
			return ""
		}
		if f == fieldPrompt {
			weak = append(weak, key)
		}
	}
	if i := slices.IndexFunc(l.names, soundsLikePrompt); i >= 0 && len(weak) > 0 {
		under := l.lengths([]string{fieldPrompt.String(), l.names[i]})
		return rivals(slices.Min(weak), l.names[i], under[0], under[1])
	}
	return ""
}

// lengths are the characters of the values of some keys.
func (l *jsonRows) lengths(keys []string) []int {
	all := make([]int, len(keys))
	r := l.reader(l.start)
	for n := 0; n < sampleRows && r.next(); n++ {
		if r.isPrompt() || r.broken != "" || !isObject(r.text) {
			continue
		}
		for i, key := range keys {
			if m, ok := l.find(r.text, key); ok {
				all[i] += utf8.RuneCount(m.value)
			}
		}
	}
	return all
}

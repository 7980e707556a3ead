package manifests

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/qwenbatch/qwenbatch/manifests/template"
)

// An expansion makes parts of a row: one for each combination of its matrix, and of those one
// for each of its seeds, with the words of the combination put into the texts.
type expansion struct {
	templates [fields]*template.Template // nil where the row's own text stays
	columns   []*template.Template       // the same for carried-through columns
	axes      []axis
	seeds     []string

	idAt, matrixAt Position // of the template of the id, and of the matrix
	most           int      // how many items may be added
}

// An axis is one key of a matrix.
type axis struct {
	name   string
	values []string
}

// size is how many parts a row makes, at most one more than may be added to it.
func (e *expansion) size() int {
	size := max(1, len(e.seeds))
	for _, a := range e.axes {
		if size = size * len(a.values); size > e.most+1 {
			return e.most + 2
		}
	}
	return size
}

// has reports whether a name is one of the matrix, or the seed.
func (e *expansion) has(name string) bool {
	return len(e.seeds) > 0 && name == seedWord ||
		slices.ContainsFunc(e.axes, func(a axis) bool { return a.name == name })
}

// seedWord is what the seed of a list is called in templates.
const seedWord = "seed"

// each yields the parts of a row, in order. A row that is at fault already stays whole.
func (e *expansion) each(whole *row, words map[string]string, yield func(*row) bool) bool {
	size := e.size()
	if size > e.most+1 {
		whole.faults = append(whole.faults, fault{
			pos: e.matrixAt, field: matrixKey.name, text: fmt.Sprintf(
				"adds more items than the %d that are allowed (--max-items)", e.most)})
	}
	if len(whole.faults) > 0 {
		whole.unfit = true
		return yield(whole)
	}
	ids, files := e.again(fieldID), e.again(fieldFile)
	for part := range size {
		r := *whole
		r.part, r.parts = part, size
		e.combine(part, words, &r)
		e.fill(&r, words)
		combination := part / max(1, len(e.seeds))
		var twice bool
		r.idAgain, twice = ids.count(part, combination, r.cells[fieldID].text)
		r.fileAgain, _ = files.count(part, combination, r.cells[fieldFile].text)
		if twice && e.templates[fieldID] != nil {
			r.faults = append(r.faults, fault{
				pos: e.idAt, field: fieldID.String(), text: e.sameID(r.cells[fieldID].text)})
			r.unfit = true
			return yield(&r)
		}
		if !yield(&r) {
			return false
		}
	}
	return true
}

// combine puts the words of a combination together: the last key of the matrix changes fastest,
// the seed faster still.
func (e *expansion) combine(part int, words map[string]string, r *row) {
	if n := len(e.seeds); n > 0 {
		seed := e.seeds[part%n]
		part /= n
		r.cells[fieldSeed], r.seeded = cell{text: seed, said: true}, true
		words[seedWord] = seed
	}
	for _, a := range slices.Backward(e.axes) {
		words[a.name] = a.values[part%len(a.values)]
		part /= len(a.values)
	}
}

// fill renders the texts of a part.
func (e *expansion) fill(r *row, words map[string]string) {
	for f, p := range e.templates {
		if p == nil {
			continue
		}
		text, err := p.Render(words)
		if err != nil {
			r.faults = append(r.faults, fault{field: field(f).String(), text: err.Error()})
		}
		if strings.TrimSpace(text) != "" || field(f) == fieldPrompt {
			r.cells[f] = cell{text: text, said: true, before: e.before(p, r, words)}
		}
	}
	if len(e.columns) > 0 {
		r.columns = slices.Clone(r.columns)
	}
	for i, p := range e.columns {
		if p == nil {
			continue
		}
		text, err := p.Render(words)
		if err != nil {
			r.faults = append(r.faults, fault{field: columnsKey.name, text: err.Error()})
		}
		r.columns[i] = text
	}
}

// before is what an earlier version made of a template, "" where it is the same.
func (e *expansion) before(p *template.Template, r *row, words map[string]string) string {
	if len(r.before) == 0 {
		return ""
	}
	was := maps.Clone(words)
	maps.Copy(was, r.before)
	text, _ := p.Render(was)
	return untrimmed(text)
}

// A repetition counts the parts of a row that have the same name.
type repetition struct {
	plain bool // no template: all have the same
	times map[string]int
	first map[string]int // the combination that had it first
}

func (e *expansion) again(f field) *repetition {
	return &repetition{plain: e.templates[f] == nil, times: map[string]int{},
		first: map[string]int{}}
}

// count is how many parts before this one had the name, and whether one of them was of another
// combination.
func (c *repetition) count(part, combination int, name string) (before int, twice bool) {
	if c.plain || name == "" {
		return part, false
	}
	before = c.times[name]
	c.times[name]++
	if before == 0 {
		c.first[name] = combination
	}
	return before, c.first[name] != combination
}

// sameID says which words would tell the ids apart.
func (e *expansion) sameID(id string) string {
	var missing []string
	for _, a := range e.axes {
		if len(a.values) > 1 && !e.templates[fieldID].Mentions(a.name) {
			missing = append(missing, template.Reference(a.name))
		}
	}
	if len(missing) == 0 {
		return fmt.Sprintf("%s is the id of several combinations of the matrix", strconv.Quote(id))
	}
	return fmt.Sprintf("%s is the id of several combinations of the matrix; put %s into it",
		strconv.Quote(id), strings.Join(missing, " and "))
}

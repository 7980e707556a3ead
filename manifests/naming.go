package manifests

import (
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/qwenbatch/qwenbatch/manifests/template"
)

// Names say what pictures are called whose rows have no file column, or an empty one. The zero
// value leaves it to ids.
type Names struct {
	// Template is a text with {{…}} in it: the fields and columns of the row, row (its number),
	// index (of the item in its row), hash (8 digits of what the row says), and what Words
	// gives. "" is none.
	Template string
	// Words are what else may stand in the template. It gives the same names for every item;
	// they win over fields.
	Words func(*Item) map[string]string
	// File makes of what is wanted the name that a file gets, without its extension: two wants
	// may become one, which Check finds. nil leaves a want as it is.
	File func(want string) string
}

// namesFlag is what messages call the template.
const namesFlag = "--name"

// A naming is Names joined with the columns of a manifest.
type naming struct {
	Names
	template *template.Template
	columns  []string
}

// wordFields are the fields that a name can be made of.
var wordFields = []field{fieldID, fieldPrompt, fieldNegative, fieldModel, fieldSize, fieldSeed,
	fieldN}

// ownWords are those that are no fields.
var ownWords = []string{"row", "index", "hash"}

// newNaming reads the template and looks its words up. The error is an *ErrorList with places
// in the template.
func newNaming(n Names, columns []string) (*naming, error) {
	if n.Template == "" {
		return nil, nil
	}
	p, err := template.Parse(n.Template)
	g := &naming{n, p, columns}
	if err == nil {
		err = p.Check(g.knows)
	}
	var f *template.Error
	if errors.As(err, &f) {
		return nil, single(placeIn(namesFlag, 1, len([]rune(n.Template[:f.Offset]))+1), "", "%s",
			f.Text)
	}
	return g, err
}

// knows tells whether a word can stand in the template.
func (g *naming) knows(name string) error {
	if slices.Contains(g.known(), name) {
		return nil
	}
	if _, ok := g.slot(name); ok {
		return nil
	}
	return fmt.Errorf("there is no column or field %s; %s", template.Reference(name),
		meant(name, g.known()))
}

// known are all words.
func (g *naming) known() []string {
	all := slices.Clone(ownWords)
	for _, f := range wordFields {
		all = append(all, f.String())
	}
	all = append(all, imageName)
	if g.Words != nil {
		for name := range g.Words(&Item{Prompt: "a", Index: 1}) {
			if !slices.Contains(all, name) {
				all = append(all, name)
			}
		}
	}
	return append(all, g.columns...)
}

// slot finds a word that is written in another way than its field or column.
func (g *naming) slot(name string) (varPlace, bool) {
	headers := map[string]field{}
	for _, f := range wordFields {
		headers[f.String()] = f
	}
	return findVar(name, headers, g.columns)
}

// words are what an item has for the template.
func (g *naming) words(it *Item) map[string]string {
	print := it.Fingerprint()
	words := map[string]string{
		"row": strconv.Itoa(it.Row), "index": strconv.Itoa(it.Index), "hash": hex.EncodeToString(
			print[:4]),
		"id": it.ID, "prompt": it.Prompt, "negative_prompt": it.NegativePrompt, "model": it.Model,
		"size":    it.Size,
		imageName: "", "seed": "", "n": strconv.Itoa(max(1, it.N)),
	}
	if it.Seed != nil {
		words["seed"] = strconv.FormatInt(*it.Seed, 10)
	}
	if len(it.Images) > 0 {
		words[imageName] = stemOf(it.Images[0].Name())
	}
	for i, value := range it.Columns { // none where the row is read for its mistakes alone
		if _, ours := words[g.columns[i]]; !ours {
			words[g.columns[i]] = value
		}
	}
	if g.Words != nil {
		for name, value := range g.Words(it) {
			words[name] = value
		}
	}
	for _, name := range g.template.Names() {
		if _, there := words[name]; there {
			continue
		}
		if s, ok := g.slot(name); ok && s.column < 0 {
			words[name] = words[s.field.String()]
		} else if ok {
			words[name] = it.Columns[s.column]
		}
	}
	return words
}

// name is what the template makes of an item. The 2nd, 3rd… item that count makes of a row has
// "-2", "-3"… appended where the template does not tell them apart.
func (g *naming) name(it *Item) (string, error) {
	text, err := g.plain(it)
	if err != nil || it.first == nil {
		return text, err
	}
	if alike, err := g.plain(it.first); err != nil || alike == text {
		return numbered(text, it.nth), err
	}
	return text, nil
}

func (g *naming) plain(it *Item) (string, error) {
	text, err := g.template.Render(g.words(it))
	switch {
	case err != nil:
		return "", err
	case g.nothing(stem(text)):
		return "",
			errors.New("makes an empty name of this row; {{.row}} and {{.hash}} are never empty")
	}
	return text, nil
}

// nothing reports whether no file name is left of a text: "-" or "." where the words of a row
// are empty.
func (g *naming) nothing(text string) bool {
	nameless := g.file("")
	return strings.TrimSpace(text) == "" || g.file(text) == nameless &&
		!strings.Contains(text, nameless)
}

// file is the name that the file of a wanted name gets.
func (g *naming) file(want string) string {
	if g == nil || g.File == nil {
		return want
	}
	return g.File(want)
}

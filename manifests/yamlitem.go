package manifests

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/qwenbatch/qwenbatch/manifests/spell"

	"gopkg.in/yaml.v3"
)

// row reads one item, or the defaults.
func (d *document) row(item *yaml.Node) *row {
	r := new(row)
	complain := func(n *yaml.Node, name, text string) {
		r.faults = append(r.faults, fault{pos: d.position(n), field: name, text: text})
	}
	if item.Kind != yaml.MappingNode {
		complain(item, "", `an item is a mapping; write "- prompt: " and then the text`)
		r.unfit = true
		return r
	}
	if len(d.names) > 0 {
		r.columns = make([]string, len(d.names))
	}
	for key, value := range pairs(item, complain) {
		f, known := fieldNamed(key.Value)
		switch {
		case item == d.defaults && !d.mayDefault(key.Value):
			complain(key, key.Value, "belongs to an item and has no default")
		case known:
			r.cells[f] = d.cell(f, value, complain)
		case key.Value == columnsKey.name && item != d.defaults:
			d.carried(r.columns, value, complain)
		case key.Value == matrixKey.name || key.Value == seedsKey.name: // expansion reads them
		default:
			complain(key, key.Value, "is not a key here; "+suggestion(
				key.Value, namesOf(itemKeys())))
		}
	}
	return r
}

// mayDefault reports whether a key may stand in the defaults. What items cannot share the rows
// of a sheet can, as templates make it of what stands in them.
func (d *document) mayDefault(name string) bool {
	for _, k := range itemKeys() {
		if k.name == name {
			return !k.own || d.isOver() && name != columnsKey.name && name != fieldSkip.String()
		}
	}
	return true // and complained of as unknown
}

// cell reads the value of a field.
func (d *document) cell(f field, value *yaml.Node,
	complain func(*yaml.Node, string, string)) cell {
	text, said, trouble := scalar(value)
	if isList(f) && value.Kind == yaml.SequenceNode {
		text, said, trouble = listText(f, value)
	}
	if trouble == "" && said && isNumber(f) {
		trouble = notNumber(value, text)
	}
	if trouble != "" {
		complain(value, f.String(), trouble)
		return cell{}
	}
	return cell{text: text, said: said}
}

// listText is the text of a list: a line for each of its values, or its JSON.
func listText(f field, list *yaml.Node) (text string, said bool, trouble string) {
	if fieldTable[f].kind == kindList {
		var values any
		err := list.Decode(&values)
		plain, failed := json.Marshal(values)
		if err = cmp.Or(err, failed); err != nil {
			return "", false, "is not a list that JSON can have"
		}
		return string(plain), true, ""
	}
	var lines []string
	for _, value := range list.Content {
		line, _, trouble := scalar(value)
		if trouble != "" {
			return "", false, trouble
		}
		lines = append(lines, line)
	}
	return strings.Join(lines, "\n"), len(lines) > 0, ""
}

// carried reads the columns mapping of an item.
func (d *document) carried(values []string, columns *yaml.Node,
	complain func(*yaml.Node, string, string)) {
	if isNull(columns) {
		return
	}
	if columns.Kind != yaml.MappingNode {
		complain(columns, "columns", "must be a mapping, as in columns: {sku: A-17}")
		return
	}
	for key, value := range pairs(columns, complain) {
		text, _, trouble := scalar(value)
		if trouble != "" {
			complain(value, "columns."+key.Value, trouble)
		}
		values[d.index[key.Value]] = text
	}
}

// scalar is the text of a value as it is written, so that 007 and 16:9 stay what they are; null
// says nothing. An alias may stand for a single value only: then nothing can be blown up with
// it.
func scalar(value *yaml.Node) (text string, said bool, trouble string) {
	if value.Kind == yaml.AliasNode {
		value = value.Alias
		if value.Kind != yaml.ScalarNode {
			return "", false,
				"an alias may stand for a single value only, not for a list or a mapping"
		}
	}
	if value.Kind != yaml.ScalarNode {
		return "", false, "must be a single value, not " + kindName(value.Kind) + bracesHint(value)
	}
	switch tag := value.ShortTag(); tag {
	case "!!null":
		return "", false, ""
	case "!!str", "!!int", "!!float", "!!bool", "!!timestamp", "!!merge":
		return value.Value, true, ""
	default:
		return "", false, "the tag " + tag + " is not known here"
	}
}

func kindName(k yaml.Kind) string {
	if k == yaml.SequenceNode {
		return "a list"
	}
	return "a mapping"
}

// bracesHint is for {{.color}} and [a cat] without quotes.
func bracesHint(value *yaml.Node) string {
	if value.Style&yaml.FlowStyle != 0 {
		return "; text that begins with [ or { must stand in quotes"
	}
	return ""
}

// notNumber refuses digits that YAML takes for text. What else is no number is refused by its
// text, in all kinds of manifests alike.
func notNumber(value *yaml.Node, text string) string {
	if value.Kind == yaml.AliasNode {
		value = value.Alias
	}
	if value.ShortTag() == "!!str" && text != "" && strings.Trim(text, "0123456789") == "" {
		return fmt.Sprintf("%q is text; write the number without quotes", text)
	}
	return ""
}

// suggestion guesses which key was meant, or lists them.
func suggestion(key string, known []string) string {
	if f, ok := fieldMeant(key); ok && slices.Contains(known, f.String()) {
		return fmt.Sprintf("did you mean %s?", f)
	}
	if best := spell.Nearest(key, known); best != "" {
		return fmt.Sprintf("did you mean %s?", best)
	}
	return "there are " + strings.Join(known, ", ")
}

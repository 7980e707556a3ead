package manifests

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"gopkg.in/yaml.v3"
)

var update = flag.Bool("update", false, "write the schema and the examples that are generated")

// A node is a piece of a schema.
type node = map[string]any

// The words of sizes that an editor proposes; any other size is text of the pattern.
var proposedSizes = []any{"16:9", "4:3", "1:1", "3:4", "9:16", "1664*928", "1472*1104", "1328*1328", "1104*1472", "928*1664"}

// schemaOf is the schema of one key.
func schemaOf(k knownKey) node {
	n := node{"description": strings.TrimSpace(k.about + " " + k.inYAML)}
	if len(k.examples) > 0 {
		n["examples"] = k.examples
	}
	single := []any{"string", "number", "boolean"}
	number := node{"type": "integer", "minimum": k.least}
	if k.most > 0 {
		number["maximum"] = k.most
	}
	add := func(more node) {
		for name, value := range more {
			n[name] = value
		}
	}
	switch k.kind {
	case kindText:
		n["type"] = append(single, "null")
		if k.pattern != "" {
			n["type"] = []any{"string", "null"}
			n["anyOf"] = []any{node{"enum": proposedSizes}, node{"pattern": k.pattern}, node{"pattern": `\{\{`}, node{"type": "null"}}
		}
	case kindNumber:
		number["type"] = []any{"integer", "null"}
		add(number)
	case kindBoolean:
		n["enum"] = []any{true, false, "yes", "no", "是", "否", 1, 0, nil}
	case kindMapping:
		add(node{"type": []any{"object", "null"}, "additionalProperties": node{"type": append(single, "null")}})
	case kindMatrix:
		add(node{"type": []any{"object", "null"}, "additionalProperties": node{"type": "array", "minItems": 1, "uniqueItems": true, "items": node{"type": single}}})
	case kindTexts:
		add(node{"anyOf": []any{node{"type": append(single, "null")}, node{"type": "array", "items": node{"type": single}}}})
	case kindList:
		n["type"] = []any{"string", "array", "null"}
	case kindNumbers:
		add(node{"type": []any{"array", "null"}, "minItems": 1, "uniqueItems": true, "items": number})
	}
	return n
}

func properties(keys []knownKey, keep func(knownKey) bool) node {
	n := node{}
	for _, k := range keys {
		if keep(k) {
			n[k.name] = schemaOf(k)
		}
	}
	return n
}

// makeSchema is the whole schema, made of the tables.
func makeSchema() []byte {
	d := document{over: map[string]*yaml.Node{}}
	object := func(p node) node {
		return node{"type": []any{"object", "null"}, "properties": p, "additionalProperties": false}
	}
	item := object(properties(itemKeys(), func(knownKey) bool { return true }))
	item["type"], item["required"] = "object", []any{"prompt"}
	item["not"] = node{"required": []any{"seed", "seeds"}}
	ordinary := object(properties(itemKeys(), func(k knownKey) bool { return d.mayDefault(k.name) }))
	d.over[rowsKey.name] = new(yaml.Node)
	overRows := object(properties(itemKeys(), func(k knownKey) bool { return d.mayDefault(k.name) }))

	top := properties(topKeys(), func(knownKey) bool { return true })
	top["defaults"] = node{"description": defaultsKey.about, "type": []any{"object", "null"}}
	top["items"] = node{"description": itemsKey.about, "type": []any{"array", "null"}, "items": node{"$ref": "#/$defs/item"}}
	of := func(name string) node { return node{"properties": node{"defaults": node{"$ref": "#/$defs/" + name}}} }
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	e.Encode(node{
		"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "qwenbatch manifest",
		"description": "Prompts that become pictures: a list of items, or a sheet that gives them (rows).",
		"type":        []any{"object", "null"}, "properties": top, "additionalProperties": false,
		"dependentRequired": node{"sheet": []any{"rows"}, "encoding": []any{"rows"}, "columns": []any{"rows"}},
		"not":               node{"required": []any{"rows", "items"}},
		"if":                node{"required": []any{"rows"}}, "then": of("defaultsOfRows"), "else": of("defaults"),
		"$defs": node{"item": item, "defaults": ordinary, "defaultsOfRows": overRows},
	})
	return b.Bytes()
}

func TestSchemaIsCurrent(t *testing.T) {
	golden(t, "schema.json", makeSchema())
	if !*update && !bytes.Equal(Schema(), makeSchema()) {
		t.Error("the embedded schema is another one")
	}
}

// golden compares a file that is generated, or writes it.
func golden(t *testing.T, name string, want []byte) {
	t.Helper()
	if *update {
		if err := os.WriteFile(name, want, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if got, err := os.ReadFile(name); err != nil || !bytes.Equal(got, want) {
		t.Errorf("%s is not current (%v): go generate ./manifests", name, err)
	}
}

// A validator knows as much of JSON Schema as ours uses, and fails the test where it meets more.
type validator struct {
	t    *testing.T
	root node
}

// check is "" or the first thing that a value does not obey.
func (v validator) check(s node, value any, at string) (trouble string) {
	for word, rule := range s {
		if bad := v.rule(s, word, rule, value, at); bad != "" {
			trouble = bad
		}
	}
	return trouble
}

func (v validator) rule(s node, word string, rule, value any, at string) string {
	object, isObject := value.(map[string]any)
	list, isList := value.([]any)
	text, isText := value.(string)
	number, isNumber := value.(float64)
	no := func(format string, args ...any) string { return at + ": " + fmt.Sprintf(format, args...) }
	holds := func(s any) bool { return v.check(s.(node), value, at) == "" }
	switch word {
	case "$schema", "title", "description", "examples", "$defs", "then", "else":
	case "$ref":
		return v.check(v.root["$defs"].(node)[strings.TrimPrefix(rule.(string), "#/$defs/")].(node), value, at)
	case "type":
		types, several := rule.([]any)
		if !several {
			types = []any{rule}
		}
		if !slices.ContainsFunc(types, func(name any) bool { return isOf(value, name.(string)) }) {
			return no("%v is none of %v", value, types)
		}
	case "enum":
		if !slices.ContainsFunc(rule.([]any), func(e any) bool { return reflect.DeepEqual(e, value) }) {
			return no("%v is not in the enum", value)
		}
	case "pattern":
		if isText && !regexp.MustCompile(rule.(string)).MatchString(text) {
			return no("%q does not match", text)
		}
	case "minimum":
		if isNumber && number < rule.(float64) {
			return no("%v is less than %v", number, rule)
		}
	case "maximum":
		if isNumber && number > rule.(float64) {
			return no("%v is more than %v", number, rule)
		}
	case "minItems":
		if isList && len(list) < int(rule.(float64)) {
			return no("too few")
		}
	case "uniqueItems":
		for i := range list {
			if slices.ContainsFunc(list[:i], func(e any) bool { return reflect.DeepEqual(e, list[i]) }) {
				return no("%v twice", list[i])
			}
		}
	case "items":
		for i, e := range list {
			if bad := v.check(rule.(node), e, fmt.Sprintf("%s[%d]", at, i)); bad != "" {
				return bad
			}
		}
	case "properties":
		for name, p := range rule.(node) {
			if e, ok := object[name]; ok {
				if bad := v.check(p.(node), e, at+"."+name); bad != "" {
					return bad
				}
			}
		}
	case "additionalProperties":
		known, _ := s["properties"].(node)
		for name, e := range object {
			if _, ok := known[name]; ok {
				continue
			}
			rules, some := rule.(node)
			if !some {
				return no("%s is not known", name)
			}
			if bad := v.check(rules, e, at+"."+name); bad != "" {
				return bad
			}
		}
	case "required":
		for _, name := range rule.([]any) {
			if _, ok := object[name.(string)]; isObject && !ok || !isObject {
				return no("no %s", name)
			}
		}
	case "dependentRequired":
		for name, needs := range rule.(node) {
			if _, ok := object[name]; ok {
				if bad := v.rule(nil, "required", needs, value, at); bad != "" {
					return bad
				}
			}
		}
	case "not":
		if holds(rule) {
			return no("holds what must not")
		}
	case "anyOf":
		if !slices.ContainsFunc(rule.([]any), holds) {
			return no("%v is none of them", value)
		}
	case "if":
		branch := "else"
		if holds(rule) {
			branch = "then"
		}
		return v.check(s[branch].(node), value, at)
	default:
		v.t.Fatalf("the schema has the word %s", word)
	}
	return ""
}

func isOf(value any, name string) bool {
	switch v := value.(type) {
	case nil:
		return name == "null"
	case bool:
		return name == "boolean"
	case string:
		return name == "string"
	case float64:
		return name == "number" || name == "integer" && v == float64(int64(v))
	case []any:
		return name == "array"
	}
	return name == "object"
}

// validate is what the schema has against a manifest.
func validate(t *testing.T, text string) string {
	var root node
	var value any
	if err := json.Unmarshal(Schema(), &root); err != nil {
		t.Fatal(err)
	}
	if err := yaml.Unmarshal([]byte(text), &value); err != nil {
		t.Fatal(err)
	}
	plain, err := json.Marshal(value)
	if err == nil {
		value = nil
		err = json.Unmarshal(plain, &value)
	}
	if err != nil {
		t.Fatal(err)
	}
	return validator{t, root}.check(root, value, "manifest")
}

// The schema and the reader agree on what is a manifest.
func TestSchemaAgreesWithTheReader(t *testing.T) {
	texts := []string{
		"", "items:", "defaults:\nitems: []", "items: [{}]", "items: [{prompt: a, promt: b}]", "items: {prompt: a}", "itmes: []", "- prompt: a", "items: [a]",
		"defaults: {prompt: a}\nitems: []", "defaults: {size: '16:9', watermark: no, seed: 3}\nitems: []", "defaults: {skip: true}\nitems: []", "defaults: {matrix: {a: [b]}}\nitems: []",
		"rows: a.csv", "rows: a.csv\nitems: [{prompt: a}]", "sheet: x", "columns: {prompt: x}", "rows: a.csv\ncolumns: {prompt: prompt}", "rows: a.csv\ndefaults: {prompt: '{{.prompt}}', id: '{{.prompt}}', matrix: {c: [d]}}",
		"rows: a.csv\ndefaults: {skip: true}", "rows: a.csv\ndefaults: {columns: {a: b}}",
		"items: [{prompt: a, seed: -1}]", "items: [{prompt: a, seed: 2147483648}]", "items: [{prompt: a, seed: '1'}]", "items: [{prompt: a, seed: 1.5}]", "items: [{prompt: a, count: 0}]", "items: [{prompt: a, n: ~}]",
		"items: [{prompt: a, size: big}]", "items: [{prompt: a, size: 1328x1328}]", "items: [{prompt: a, size: 16:9}]", "items: [{prompt: a, watermark: maybe}]", "items: [{prompt: a, watermark: 是}]", "items: [{prompt: [a]}]",
		"items: [{prompt: a, columns: {x: 1}}]", "items: [{prompt: a, columns: [x]}]", "items: [{prompt: a, matrix: {x: [1, b]}}]", "items: [{prompt: a, matrix: {x: []}}]", "items: [{prompt: a, matrix: {x: y}}]", "items: [{prompt: a, matrix: {x: [y, y]}}]",
		"items: [{prompt: a, seeds: [1, 2]}]", "items: [{prompt: a, seeds: 1}]", "items: [{prompt: a, seeds: [a]}]", "items: [{prompt: a, seeds: [-1]}]", "items: [{prompt: a, seeds: []}]", "items: [{prompt: a, seeds: [1], seed: 1}]",
	}
	for _, k := range itemKeys() {
		text, _ := json.Marshal(k.examples[0])
		if k.name == "image" {
			text = []byte(`["https://example.com/1.jpg"]`) // no file is there
		}
		texts = append(texts, fmt.Sprintf("items: [{prompt: a, %q: %s}]", k.name, text))
	}
	for _, text := range texts {
		text = strings.Replace(text, `prompt: a, "prompt"`, `"prompt"`, 1)
		m, err := loadOver(t, text, overCSV("prompt\na\n"), Options{})
		if err == nil {
			_, err = m.Check()
		}
		if trouble := validate(t, text); (trouble == "") != (err == nil) {
			t.Errorf("of %s the schema says %q, the reader %v", text, trouble, err)
		}
	}
}

// Each YAML example says where its schema is, obeys it, and can be read.
func TestExamples(t *testing.T) {
	names, err := filepath.Glob("examples/*")
	if err != nil || len(names) < 6 {
		t.Fatalf("%d examples, %v", len(names), err)
	}
	for _, name := range names {
		if name == "examples/photos" {
			continue // edit.yaml makes rows of it
		}
		if name == "examples/sheet.xlsx" {
			continue // the prompts are made of it by over-a-sheet.yaml
		}
		m := open(t, name)
		totals, err := m.Check()
		if m.Close(); err != nil || totals.Items == 0 {
			t.Errorf("%s: %d items, %v", name, totals.Items, err)
		}
		text, _ := os.ReadFile(name)
		if filepath.Ext(name) != ".yaml" {
			continue
		}
		if !bytes.HasPrefix(text, []byte("# yaml-language-server: $schema=../schema.json\n")) {
			t.Errorf("%s does not say where its schema is", name)
		}
		if trouble := validate(t, string(text)); trouble != "" {
			t.Errorf("%s: the schema says %s", name, trouble)
		}
	}
}

package manifests

import (
	"bytes"
	_ "embed" // the starter in YAML
	"encoding/csv"
	"fmt"
	"slices"
	"strings"
)

//go:embed starter/prompts.yaml
var starterYAML string

// Choices are what a starter offers. This package knows no models, so that their names come
// from the caller.
type Choices struct {
	// the first is what the starter's items say; nil leaves the model to the program
	Models []string
	// to choose from, as 16:9 or 1328*1328; nil means the five ratios that Qwen-Image models
	// have
	Sizes []string
}

// ratios are the shapes that all Qwen-Image models have.
var ratios = []string{"16:9", "4:3", "1:1", "3:4", "9:16"}

func (c Choices) sizes() []string {
	if len(c.Sizes) == 0 {
		return ratios
	}
	return c.Sizes
}

// StarterKinds are the extensions that Starter knows.
func StarterKinds() []string { return []string{".yaml", ".yml", ".csv", ".xlsx"} }

// Starter is a small manifest to start from: .yaml with comments, .csv as Excel opens it with
// Chinese in it, or .xlsx with lists to choose from and a sheet that explains the columns in
// English and Chinese. The same choices give the same bytes.
func Starter(ext string, c Choices) ([]byte, error) {
	switch ext {
	case ".yaml", ".yml":
		return c.yaml(), nil
	case ".csv":
		return c.csv()
	case ".xlsx":
		return c.workbook()
	}
	return nil, fmt.Errorf("no starter for %q; there are %s", ext,
		strings.Join(StarterKinds(), ", "))
}

func (c Choices) yaml() []byte {
	text := strings.Replace(starterYAML, "SIZES",
		"or "+strings.Join(c.others("16:9"), ", ")+", or pixels: 1328*1328", 1)
	if len(c.Models) == 0 {
		return []byte(strings.Replace(text, "  model: MODEL\n", "", 1))
	}
	model := c.Models[0]
	if len(c.Models) > 1 {
		model += "   # or " + strings.Join(c.Models[1:min(4, len(c.Models))], ", ") +
			"; qwenbatch models lists all"
	}
	return []byte(strings.Replace(text, "MODEL", model, 1))
}

// others are the sizes but for one, few enough for a comment.
func (c Choices) others(size string) []string {
	others := slices.DeleteFunc(slices.Clone(c.sizes()), func(s string) bool { return s == size })
	return others[:min(5, len(others))]
}

// A starterItem is one that the starters in sheets show.
type starterItem struct{ id, prompt, negative, size, seed, count, note string }

var starterItems = []starterItem{
	{"couplet", "一副典雅庄重的对联悬挂于厅堂之中，左书“春风得意花千里”，右书“秋月扬辉桂一枝”，横批“四季平安”，中式书房，青花瓷", "低分辨率，模糊，多余的手指",
		"4:3", "", "",
		"id names the picture; leave it empty and the prompt's first words do"},
	{"bookshop",
		`A rainy evening street with a small bookshop, warm light on wet cobblestones, a wooden sign reads "Second Chapters"`, "", "16:9", "42", "",
		"the same seed gives a similar picture, not surely the same"},
	{"otter",
		"A watercolour of an otter floating on its back among water lilies, soft morning light",
		"", "1:1", "", "2",
		"count makes several; columns like this one are carried to the report"},
}

// starterColumns are the columns of the starters in sheets; note is carried through.
var starterColumns = []string{"id", "prompt", "negative_prompt", "model", "size", "seed", "count",
	"watermark", "note"}

func (c Choices) cells(it starterItem) []string {
	model := ""
	if len(c.Models) > 0 {
		model = c.Models[0]
	}
	return []string{it.id, it.prompt, it.negative, model, it.size, it.seed, it.count, "false",
		it.note}
}

func (c Choices) csv() ([]byte, error) {
	var b bytes.Buffer
	b.WriteString("\ufeff") // without it Excel shows Chinese as rubbish
	w := csv.NewWriter(&b)
	w.UseCRLF = true
	w.Write(starterColumns)
	for _, it := range starterItems {
		w.Write(c.cells(it))
	}
	w.Flush()
	return b.Bytes(), w.Error()
}

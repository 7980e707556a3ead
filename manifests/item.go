package manifests

import (
	"fmt"
	"strconv"
)

// An Item is one picture request: a row after defaults, templates, matrix, seeds and count are applied.
type Item struct {
	ID     string // "" where the row has none; the 2nd, 3rd… item of a row with the same id has "-2", "-3"… appended
	Row    int    // as a spreadsheet numbers it, header included; the line in JSONL; the item's number from 1 in YAML
	Index  int    // number among the items of its row, from 1
	Prompt string

	// As the row, else the flags, else the manifest's defaults say; zero where nothing does.
	NegativePrompt string
	Model          string
	Size           string // "1328*1328" or "16:9", however it was written
	Seed           *int64 // counted up over the items that count makes
	N              int
	PromptExtend   *bool
	Watermark      *bool

	File         string   // what the file column says
	Skip         bool     // not to be made
	Columns      []string // values of Manifest.Columns, nil where there are none; shared by the items of a row, not to be changed
	NegativeSaid bool     // a negative prompt is said, be it an empty one

	source         source
	at             ref
	id             string // without number
	idNth, fileNth int    // number among the items of the row with the same id, the same file; from 1
	naming         *naming
	first          *Item // of those that count makes, nil for itself; this is the nth
	nth            int
}

// At is the place of a field, or of a carried-through column: of its first character, a quote included. It is the
// start of the row where the field is not there. It reads the manifest's copy again: call it for messages, not for
// every item.
func (it *Item) At(field string) Position { return it.source.place(it.at, field) }

// RowID is the id as the row says it, which the items that count makes share.
func (it *Item) RowID() string { return it.id }

// Named reports whether the manifest or Options.Names say what the picture is called.
func (it *Item) Named() bool { return it.File != "" || it.naming != nil }

// Picture is what the picture shall be called, without extension: as the file column says, else Options.Names, else the id. The 2nd, 3rd…
// item of a row with the same name has "-2", "-3"… appended. It is "" where the tool is to choose.
func (it *Item) Picture() string {
	switch {
	case it.File != "":
		return numbered(stem(it.File), it.fileNth)
	case it.naming != nil:
		if name, err := it.naming.name(it); err == nil { // Check has told of any other
			return stem(name)
		}
	}
	return it.ID
}

// repeat is the i-th item, from 1, of those that count makes, the first being it.
func (it *Item) repeat(i int) *Item {
	if i == 1 {
		return it
	}
	again := *it
	again.Index += i - 1
	again.idNth += i - 1
	again.fileNth += i - 1
	again.first, again.nth = it, i
	again.ID = numbered(it.id, again.idNth)
	if it.Seed != nil {
		seed := *it.Seed + int64(i-1)
		again.Seed = &seed
	}
	return &again
}

// numbered is the id or file name of the i-th item of a row: the first keeps the plain one.
func numbered(name string, i int) string {
	if name == "" || i == 1 {
		return name
	}
	return name + "-" + strconv.Itoa(i)
}

// item judges a row, or a part of one: its first item, how many it makes, and all mistakes in it.
func (m *Manifest) item(r *row) (first *Item, count int, mistakes ErrorList) {
	j := judge{m: m, row: r}
	for _, f := range r.faults {
		j.fault(f)
	}
	if r.unfit {
		return &Item{Row: r.number, Index: 1, source: m.source, at: r.at}, 1, j.mistakes
	}
	said := j.settings()
	it := &Item{
		id: j.line(fieldID), Row: r.number, Prompt: j.text(fieldPrompt),
		NegativePrompt: said.NegativePrompt, NegativeSaid: said.NegativeSaid, Model: said.Model, Size: said.Size,
		Seed: said.Seed, N: said.N, PromptExtend: said.PromptExtend, Watermark: said.Watermark,
		File: j.line(fieldFile), Columns: r.columns, source: m.source, at: r.at, naming: m.naming,
	}
	if skip := j.boolean(fieldSkip); skip != nil {
		it.Skip = *skip
	}
	if it.Prompt == "" && len(r.faults) == 0 {
		j.mistake(fieldPrompt, "is empty")
	}
	count = j.count(it)
	it.Index, it.idNth, it.fileNth = r.part*count+1, r.idAgain*count+1, r.fileAgain*count+1
	it.ID = numbered(it.id, it.idNth)
	return it, count, j.mistakes
}

// A judge turns the text of one row into values and collects what is wrong with it.
type judge struct {
	m        *Manifest
	row      *row
	mistakes ErrorList
}

func (j *judge) fault(f fault) {
	if f.pos.Line == 0 {
		f.pos = j.m.source.place(j.row.at, f.field)
	}
	j.mistakes.add(Error{Pos: f.pos, Field: f.field, Text: f.text})
}

func (j *judge) mistake(f field, text string) { j.fault(fault{field: f.String(), text: text}) }

// settings are what the row says, filled up with the defaults.
func (j *judge) settings() Defaults {
	said := j.said()
	return said.or(j.m.base)
}

// said are the settings that the row itself says.
func (j *judge) said() Defaults {
	d := Defaults{
		Model: j.line(fieldModel), Size: j.size(), NegativePrompt: j.text(fieldNegative),
		Seed: j.seed(), PromptExtend: j.boolean(fieldExtend), Watermark: j.boolean(fieldWatermark), N: int(j.number(fieldN, 1)),
	}
	d.NegativeSaid = j.row.cells[fieldNegative].said
	return d
}

// count is how many items the row, or the part of it, makes, at least 1; it reports where a seed would count up beyond
// the largest.
func (j *judge) count(it *Item) int {
	said := int(j.number(fieldCount, 1))
	count := max(said, 1)
	switch {
	case j.row.seeded && said > 1:
		j.mistake(fieldCount, "stands beside seeds, of which each makes one item")
		return 1
	case said == 0 && !j.row.seeded:
		count = j.m.count
	}
	if more := j.more(count); more > j.m.maxItems {
		j.tooMany(count, more)
		return 1
	}
	if it.Seed != nil && *it.Seed+int64(count-1) > maxSeed {
		j.mistake(fieldSeed, fmt.Sprintf("%d counts up beyond %d over %d items", *it.Seed, int64(maxSeed), count))
		return 1
	}
	return count
}

// more is how many items the row adds to its first. Neither factor is larger than a number of 30 bits.
func (j *judge) more(count int) int { return count*max(j.row.parts, 1) - 1 }

func (j *judge) tooMany(count, more int) {
	const rule = "adds more items than the %d that are allowed (--max-items)"
	if j.row.parts > 1 {
		j.mistake(fieldCount, fmt.Sprintf("%d for each of %d combinations "+rule, count, j.row.parts, j.m.maxItems))
		return
	}
	j.mistake(fieldCount, fmt.Sprintf("%d "+rule, more+1, j.m.maxItems))
}

package manifests

import (
	"fmt"
	"strings"
	"unicode"
)

// itemRules are what makes items of the rows of a manifest.
type itemRules struct {
	source   source
	defaults Defaults // flags, then the manifest's own
	count    int      // the manifest's own default, at least 1
	maxItems int
	naming   *naming             // nil without a template for names
	was      func(string) string // see textCopy
	sides    sides               // columns that are the size where the row says none

	finder *finder // of pictures
	lent   *lentPrompt

	skipEmpty bool // rows without a prompt are left out
}

// item judges a row, or a part of one: its first item, how many it makes, and all mistakes in it.
func (rules *itemRules) item(r *row) (first *Item, count int, mistakes ErrorList) {
	j := rowJudge{rules: rules, row: r}
	for _, f := range r.faults {
		j.fault(f)
	}
	if r.unfit {
		return &Item{Row: r.number, Index: 1, source: rules.source, at: r.at}, 1, j.mistakes
	}
	if r.skips() && withoutWords(trimEdges(r.cells[fieldPrompt].text)) {
		return rules.skipped(r)
	}
	said := j.settings()
	j.lendPrompt()
	it := &Item{
		id: j.line(fieldID), Row: r.number, Prompt: j.text(fieldPrompt),
		NegativePrompt: said.NegativePrompt, NegativeSaid: said.NegativeSaid, Model: said.Model,
		Size: said.Size,
		Seed: said.Seed, N: said.N, PromptExtend: said.PromptExtend, Watermark: said.Watermark,
		File: j.line(
			fieldFile), Columns: r.columns, source: rules.source, at: r.at, naming: rules.naming,
	}
	it.Extras = said.Extras
	if skip := j.boolean(fieldSkip); skip != nil {
		it.Skip = *skip
	}
	if !it.Skip {
		it.Images = j.images()
	}
	j.checkWords(it)
	it.notes = j.notes
	it.readAs(j.earlier(it))
	count = j.count(it)
	it.Index, it.idNth, it.fileNth = r.part*count+1, r.idAgain*count+1, r.fileAgain*count+1
	it.ID = numbered(it.id, it.idNth)
	return it, count, j.mistakes
}

// A rowJudge turns the text of one row into values and collects what is wrong with it.
type rowJudge struct {
	rules    *itemRules
	row      *row
	mistakes ErrorList
	notes    []Problem // warnings of which the first is enough
}

// note warns of something that many rows may have, and that is told of one.
func (j *rowJudge) note(f field, text string) {
	j.notes = append(j.notes, Problem{Field: f.String(), Text: text, Warning: true})
}

func (j *rowJudge) fault(f fault) {
	if f.pos.Line == 0 {
		f.pos = j.rules.source.place(j.row.at, f.field)
	}
	j.mistakes.add(Error{Pos: f.pos, Field: f.field, Text: f.text})
}

func (j *rowJudge) mistake(f field, text string) { j.fault(fault{field: f.String(), text: text}) }

// settings are what the row says, filled up with the defaults.
func (j *rowJudge) settings() Defaults {
	said := j.said()
	return said.or(j.rules.defaults)
}

// said are the settings that the row itself says.
func (j *rowJudge) said() Defaults {
	d := Defaults{
		Model: j.line(fieldModel), Size: j.size(), NegativePrompt: j.text(fieldNegative),
		Seed: j.seed(), PromptExtend: j.boolean(fieldExtend), Watermark: j.boolean(
			fieldWatermark), N: int(j.number(fieldN, 1)),
	}
	d.NegativeSaid = j.row.cells[fieldNegative].said
	d.Extras = j.extras()
	return d
}

// count is how many items the row, or the part of it, makes, at least 1; it reports where a
// seed would count up beyond the largest.
func (j *rowJudge) count(it *Item) int {
	said := int(j.number(fieldCount, 1))
	count := max(said, 1)
	switch {
	case j.row.seeded && said > 1:
		j.mistake(fieldCount, "stands beside seeds, of which each makes one item")
		return 1
	case said == 0 && !j.row.seeded:
		count = j.rules.count
	}
	if more := j.more(count); more > j.rules.maxItems {
		j.tooMany(count, more)
		return 1
	}
	if it.Seed != nil && *it.Seed+int64(count-1) > maxSeed {
		j.mistake(fieldSeed, fmt.Sprintf("%d counts up beyond %d over %d items", *it.Seed,
			int64(maxSeed), count))
		return 1
	}
	return count
}

// more is how many items the row adds to its first. Neither factor is larger than a number of
// 30 bits.
func (j *rowJudge) more(count int) int { return count*max(j.row.parts, 1) - 1 }

func (j *rowJudge) tooMany(count, more int) {
	const rule = "adds more items than the %d that are allowed (--max-items)"
	if j.row.parts > 1 {
		j.mistake(fieldCount, fmt.Sprintf("%d for each of %d combinations "+rule, count,
			j.row.parts, j.rules.maxItems))
		return
	}
	j.mistake(fieldCount, fmt.Sprintf("%d "+rule, more+1, j.rules.maxItems))
}

// text is a field as it is, but for white space around it.
func (j *rowJudge) text(f field) string {
	text, trouble := cleanText(j.row.cells[f].text)
	if trouble != "" {
		j.mistake(f, trouble)
	}
	return text
}

// line is a field that is a name: text without line breaks and other control characters.
func (j *rowJudge) line(f field) string {
	text := j.text(f)
	if i := strings.IndexFunc(text, unicode.IsControl); i >= 0 && text[i] != 0 {
		j.mistake(f, fmt.Sprintf("%q has a line break or another control character in it", text))
	}
	return text
}

func (j *rowJudge) size() string {
	text := j.text(fieldSize)
	if text == "" {
		return j.sidedSize()
	}
	size, trouble := parseSize(text)
	if trouble != "" {
		j.mistake(fieldSize, trouble)
	}
	return size
}

func (j *rowJudge) seed() *int64 {
	text := j.text(fieldSeed)
	if text == "" {
		return nil
	}
	if wholeNumber(text) == "-1" {
		j.note(fieldSeed, "-1 stands for any seed, as in other tools, and is read as an empty cell")
		return nil
	}
	seed, trouble := parseNumber(text, 0, maxSeed)
	if trouble != "" {
		if strings.HasPrefix(text, "-") {
			trouble += "; leave it empty for a seed of the tool's choice"
		}
		j.mistake(fieldSeed, trouble)
		return nil
	}
	return &seed
}

// number is a count, 0 where nothing is said.
func (j *rowJudge) number(f field, least int64) int64 {
	text := j.text(f)
	if text == "" {
		return 0
	}
	n, trouble := parseNumber(text, least, maxCount)
	if trouble != "" {
		j.mistake(f, trouble)
		return 0
	}
	return n
}

// boolean is nil where nothing is said.
func (j *rowJudge) boolean(f field) *bool {
	text := j.text(f)
	if text == "" {
		return nil
	}
	b, ok := parseBool(text)
	if !ok {
		j.mistake(
			f, fmt.Sprintf(
				"%q is neither true nor false; write true, false, yes, no, 1, 0, 是 or 否", text))
		return nil
	}
	return &b
}

// takeDefaults makes what the manifest itself says of all items the defaults. It returns what
// is wrong with them.
func (rules *itemRules) takeDefaults(r *row) ErrorList {
	j := rowJudge{rules: rules, row: r}
	for _, f := range r.faults {
		j.fault(f)
	}
	rules.defaults = j.said()
	if count := j.number(fieldCount, 1); count > 0 {
		rules.count = int(min(count, maxCount))
	}
	return j.mistakes
}

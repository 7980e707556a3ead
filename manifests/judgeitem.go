package manifests

import (
	"fmt"
	"strings"
)

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
		Size: said.Size, Seed: said.Seed, N: said.N, PromptExtend: said.PromptExtend,
		Watermark: said.Watermark, Extras: said.Extras, File: j.line(fieldFile),
		Columns: r.columns, source: rules.source, at: r.at, naming: rules.naming,
	}
	if skip := j.boolean(fieldSkip); skip != nil {
		it.Skip = *skip
	}
	if !it.Skip {
		it.Images = j.images(it.Model)
	}
	j.checkWords(it)
	it.notes = j.notes
	it.readAs(j.earlier(it))
	count = j.count(it)
	it.Index, it.idNth, it.fileNth = r.part*count+1, r.idAgain*count+1, r.fileAgain*count+1
	it.ID = numbered(it.id, it.idNth)
	return it, count, j.mistakes
}

// settings are what the row says, filled up with the defaults.
func (j *rowJudge) settings() Defaults {
	said := j.said()
	return said.or(j.rules.defaults)
}

// said are the settings that the row itself says.
func (j *rowJudge) said() Defaults {
	d := Defaults{
		Model: j.line(fieldModel), Size: j.size(), NegativePrompt: j.text(fieldNegative),
		Seed: j.seed(), PromptExtend: j.boolean(fieldExtend),
		Watermark: j.boolean(fieldWatermark), N: int(j.number(fieldN, 1)),
	}
	d.NegativeSaid = j.row.cells[fieldNegative].said
	d.Extras = j.extras()
	return d
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

package manifests

import "fmt"

// skipped is the item of a row that is not to be made and has no prompt, such as one of totals:
// what else stands in it says nothing of a picture.
func (rules *itemRules) skipped(r *row) (*Item, int, ErrorList) {
	j := rowJudge{rules: rules, row: r}
	it := &Item{id: j.line(fieldID), Row: r.number, Index: r.part + 1, File: j.line(fieldFile),
		Skip: true, Columns: r.columns, source: rules.source, at: r.at, naming: rules.naming,
		idNth: r.idAgain + 1, fileNth: r.fileAgain + 1}
	it.ID = numbered(it.id, it.idNth)
	return it, 1, j.mistakes
}

// leavesOut reports whether a row has no prompt and such rows are left out.
func (rules *itemRules) leavesOut(r *row) bool {
	if !rules.skipEmpty || r.unfit || r.skips() {
		return false
	}
	for _, f := range r.faults {
		if f.field == fieldPrompt.String() {
			return false
		}
	}
	prompt := trimEdges(r.cells[fieldPrompt].text)
	return prompt == "" || r.hollow || standsForNothing(prompt)
}

// checkWords complains of a prompt that is none, and warns of such a negative prompt.
func (j *rowJudge) checkWords(it *Item) {
	switch {
	case it.Prompt == "" && len(j.row.faults) == 0:
		j.mistake(fieldPrompt, isEmpty)
	case isSheetError(it.Prompt):
		j.mistake(fieldPrompt, errorOfFormula(it.Prompt))
	case standsForNothing(it.Prompt):
		j.mistake(fieldPrompt, fmt.Sprintf("%q is what programs write for an empty cell, not a "+
			"prompt", it.Prompt))
	}
	if isTotal(it.Prompt) && !j.row.skips() {
		j.note(fieldPrompt, fmt.Sprintf("%q looks like a row of totals and is made as a picture; "+
			"the column skip leaves a row out", it.Prompt))
	}
	if negative := it.NegativePrompt; negative != "" && withoutWords(negative) {
		j.note(fieldNegative, fmt.Sprintf("%q is no negative prompt and is sent as one; an empty "+
			"cell says nothing", negative))
	}
}

package manifests

import "strings"

// earlier are the words that an earlier version read, to which widths and heights said nothing,
// and characters without width at the edges were characters.
func (j *rowJudge) earlier(it *Item) saidBefore {
	was := saidBefore{it.Prompt, it.NegativePrompt, it.Size}
	was.prompt = j.row.cells[fieldPrompt].earlier(it.Prompt)
	was.negative = j.row.cells[fieldNegative].earlier(it.NegativePrompt)
	if j.rules.sides.whole() && strings.TrimSpace(j.row.cells[fieldSize].text) == "" {
		was.size = j.rules.defaults.Size
	}
	if j.rules.was != nil {
		was.prompt, was.negative = j.rules.was(was.prompt), j.rules.was(was.negative)
	}
	return was
}

// earlier is what an earlier version made of a cell that gives a text now.
func (c cell) earlier(now string) string {
	if c.before != "" {
		return c.before
	}
	if was := untrimmed(c.text); was != trimEdges(was) {
		return was
	}
	return now
}

package output

import (
	"cmp"
	"fmt"
	"math/big"
	"slices"
	"strconv"
	"strings"
)

// bookColumn is a column of results in a workbook.
type bookColumn struct {
	name  string
	width float64 // in characters, as Excel counts it
	style cellStyle
	value func(Result) any // string, int64, float64, bool or nil
}

// inputColumns identify an item. A manifest that is a workbook has them already.
func inputColumns() []bookColumn {
	return []bookColumn{
		{"id", 14, textStyle, func(r Result) any { return r.ID }},
		{"prompt", 48, textStyle, func(r Result) any { return r.Prompt }},
	}
}

// resultColumns are what became of an item, the most important first.
func resultColumns() []bookColumn {
	return []bookColumn{
		{"picture", pictureChars, pictureStyle, func(Result) any { return nil }},
		WorkbookMarks(nil).column(keepName),
		{"status", 11, statusStyle, func(r Result) any { return r.Status }},
		{"file", 32, linkStyle, func(r Result) any { return strings.Join(r.Files(), nextFile) }},
		{"cost", 9, moneyStyle, func(r Result) any { return numeric(r.Cost) }},
		{"error_code", 22, textStyle, func(r Result) any { return r.ErrorCode }},
		{"error_message", 36, textStyle, func(r Result) any { return r.ErrorMessage }},
		{"model", 18, textStyle, func(r Result) any { return r.Model }},
		{"size", 12, textStyle, func(r Result) any { return r.Size }},
		{"seed", 13, plainStyle, func(r Result) any { return whole(r.Seed) }},
		{"actual_prompt", 48, textStyle, func(r Result) any { return r.ActualPrompt }},
		{"negative_prompt", 30, textStyle, func(r Result) any { return r.NegativePrompt }},
		{"prompt_extend", 15, textStyle, func(r Result) any { return truth(r.PromptExtend) }},
		{"watermark", 12, textStyle, func(r Result) any { return truth(r.Watermark) }},
		{"width", 8, plainStyle, func(r Result) any { return unlessZero(int64(r.Width)) }},
		{"height", 8, plainStyle, func(r Result) any { return unlessZero(int64(r.Height)) }},
		{"bytes", 11, plainStyle, func(r Result) any { return unlessZero(r.Bytes) }},
		{"attempts", 10, plainStyle, func(r Result) any { return unlessZero(int64(r.Attempts)) }},
		{"submitted_at", 21, textStyle, func(r Result) any { return r.SubmittedAt }},
		{"finished_at", 21, textStyle, func(r Result) any { return r.FinishedAt }},
		{"task_id", 38, textStyle, func(r Result) any { return r.TaskID }},
		{"request_id", 38, textStyle, func(r Result) any { return r.RequestID }},
		{"adopted", 12, textStyle, func(r Result) any { return r.Adopted }},
		{"sha256", 24, textStyle, func(r Result) any { return r.SHA256 }},
		{"edited", 9, textStyle, func(r Result) any { return truth(r.Edited) }},
	}
}

// technicalColumns are grouped and folded, since few people look at them.
var technicalColumns = []string{"prompt_extend", "watermark", "width", "height", "bytes",
	"attempts", "submitted_at", "finished_at", "task_id", "request_id", "adopted", "sha256",
	"edited"}

func (c bookColumn) technical() bool {
	return slices.Contains(technicalColumns, strings.TrimPrefix(c.name, resultPrefix))
}

// maxExact is the largest integer up to which float64, the number of a spreadsheet, holds all
// integers.
const maxExact = 1 << 53

func whole(n *int64) any {
	if n == nil {
		return nil
	}
	if *n > maxExact || *n < -maxExact {
		return strconv.FormatInt(*n, 10)
	}
	return *n
}

func unlessZero(n int64) any {
	if n == 0 {
		return nil
	}
	return n
}

func truth(b *bool) any {
	if b == nil {
		return nil
	}
	return strconv.FormatBool(*b) // as in results.csv; programs differ in how they show booleans
}

// numeric returns a decimal as a number, so that a column of costs can be summed.
func numeric(decimal string) any {
	if decimal == "" {
		return nil
	}
	if f, err := strconv.ParseFloat(decimal, 64); err == nil {
		return f
	}
	return decimal
}

// join returns a column's value for all items of a row: costs are added, equal values are given
// once, and others one below the other.
func (c bookColumn) join(results []Result) any {
	if len(results) == 1 {
		return c.value(results[0])
	}
	switch c.style {
	case keepStyle:
		return signLines(keepSigns(c, results))
	case moneyStyle:
		return sum(results)
	case statusStyle:
		return statuses(results)
	case linkStyle:
		return files(results)
	}
	texts := make([]string, len(results))
	same := true
	for i, r := range results {
		texts[i] = text(c.value(r))
		same = same && texts[i] == texts[0]
	}
	if same {
		return c.value(results[0])
	}
	return strings.Join(texts, "\n")
}

// keepSigns are the signs of all pictures of a row.
func keepSigns(c bookColumn, results []Result) (signs []string) {
	for _, r := range results {
		if cell := text(c.value(r)); cell != "" {
			signs = append(signs, strings.Split(cell, "\n")...)
		} else {
			signs = append(signs, make([]string, len(r.Files()))...)
		}
	}
	return signs
}

// nextFile separates the files of a cell. LibreOffice shows linked cells on one line, hence the
// ";".
const nextFile = ";\n"

func files(results []Result) any {
	var all []string
	for _, r := range results {
		all = append(all, r.Files()...)
	}
	return strings.Join(all, nextFile)
}

// gravity lists statuses from the most to the least urgent; unknown ones come before all.
var gravity = []string{
	"failed", "held", "missing", "running", "pending", "abandoned", "skipped", "done",
}

// gravest returns the most urgent status of the items.
func gravest(results []Result) string {
	return slices.MinFunc(results, func(a, b Result) int {
		return slices.Index(gravity, a.Status) - slices.Index(gravity, b.Status)
	}).Status
}

// statuses returns the status that all items share, or else how many have which, the most
// urgent first: "1 failed, 2 done".
func statuses(results []Result) any {
	count := map[string]int{}
	for _, r := range results {
		count[r.Status]++
	}
	if len(count) == 1 {
		return results[0].Status
	}
	var parts []string
	for _, status := range gravity {
		if n := count[status]; n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n, status))
		}
	}
	return strings.Join(parts, ",\n")
}

func sum(results []Result) any {
	total := new(big.Rat)
	costs := ""
	for _, r := range results {
		if cost, ok := new(big.Rat).SetString(cmp.Or(r.Cost, "0")); ok {
			total.Add(total, cost)
		}
		costs += r.Cost
	}
	if costs == "" {
		return nil
	}
	f, _ := total.Float64()
	return f
}

func text(v any) string {
	if v == nil {
		return ""
	}
	return fmt.Sprint(v)
}

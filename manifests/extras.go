package manifests

import (
	"bytes"
	"cmp"
	"encoding/json"
	"strings"
)

// Extras are settings that few models know. Zero values say nothing.
type Extras struct {
	PromptExtendMode             string
	EnableThinking, ThinkingMode *bool
	ColorPalette, BboxList       string // JSON lists, without blanks
}

// or fills what x leaves open from y.
func (x Extras) or(y Extras) Extras {
	x.PromptExtendMode = cmp.Or(x.PromptExtendMode, y.PromptExtendMode)
	x.EnableThinking = cmp.Or(x.EnableThinking, y.EnableThinking)
	x.ThinkingMode = cmp.Or(x.ThinkingMode, y.ThinkingMode)
	x.ColorPalette = cmp.Or(x.ColorPalette, y.ColorPalette)
	x.BboxList = cmp.Or(x.BboxList, y.BboxList)
	return x
}

// Parameters are those that are said, by the names that the API has for them; nil where none is.
func (x Extras) Parameters() map[string]any {
	if x == (Extras{}) {
		return nil
	}
	all := map[string]any{}
	if x.PromptExtendMode != "" {
		all[fieldExtendMode.String()] = x.PromptExtendMode
	}
	if x.EnableThinking != nil {
		all[fieldThinking.String()] = *x.EnableThinking
	}
	if x.ThinkingMode != nil {
		all[fieldThinkingMode.String()] = *x.ThinkingMode
	}
	if x.ColorPalette != "" {
		all[fieldPalette.String()] = json.RawMessage(x.ColorPalette)
	}
	if x.BboxList != "" {
		all[fieldRegions.String()] = json.RawMessage(x.BboxList)
	}
	return all
}

// extras are those of a row.
func (j *rowJudge) extras() Extras {
	return Extras{
		PromptExtendMode: j.extendMode(), EnableThinking: j.boolean(fieldThinking),
		ThinkingMode: j.boolean(fieldThinkingMode), ColorPalette: j.list(fieldPalette),
		BboxList: j.list(fieldRegions),
	}
}

func (j *rowJudge) extendMode() string {
	mode := strings.ToLower(j.line(fieldExtendMode))
	if mode != "" && mode != "direct" && mode != "agent" {
		j.mistake(fieldExtendMode, "is direct or agent")
	}
	return mode
}

// list is a JSON list without blanks; "" where nothing is said.
func (j *rowJudge) list(f field) string {
	text := j.text(f)
	if text == "" {
		return ""
	}
	list, trouble := ParseList(text)
	if trouble != "" {
		j.mistake(f, trouble)
	}
	return list
}

// ParseList takes the blanks out of a JSON list, or says what is wrong with it.
func ParseList(text string) (list, trouble string) {
	var plain bytes.Buffer
	if !strings.HasPrefix(text, "[") || json.Compact(&plain, []byte(text)) != nil {
		return text, `is not a JSON list, as [[[0, 0, 400, 300]]]`
	}
	return plain.String(), ""
}

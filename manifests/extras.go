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

// ParseList takes the blanks out of a JSON list, or says what is wrong with it.
func ParseList(text string) (list, trouble string) {
	var plain bytes.Buffer
	if !strings.HasPrefix(text, "[") || json.Compact(&plain, []byte(text)) != nil {
		return text, `is not a JSON list, as [[[0, 0, 400, 300]]]`
	}
	return plain.String(), ""
}

package manifests

import "strings"

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

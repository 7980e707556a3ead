package imagefile

import (
	"bytes"
	"encoding/json"
	"strings"
)

// ParametersKeyword is the keyword of the PNG text that viewers of generated pictures show. It
// comes from Stable Diffusion web UI (AUTOMATIC1111), and readers follow its grammar,
// modules/infotext_utils.py: the prompt, of one or more lines; "Negative prompt: " and the
// negative prompt, if there is one; and as the last line at least three "Name: value",
// separated by commas. A value with a comma, a colon, a line break or a quote is a JSON string.
const ParametersKeyword = "parameters"

// Parameters returns the text that shows in viewers how a picture was made. Names of fields are
// two or more ASCII letters, digits and spaces; a field without a value is left out. Readers
// take a line of a prompt that begins with "Negative prompt:" for the negative prompt: the
// grammar has no escape.
func Parameters(prompt, negative string, fields []Text) Text {
	var lines []string
	if prompt != "" {
		lines = append(lines, plainLines(prompt))
	}
	if negative != "" {
		lines = append(lines, "Negative prompt: "+plainLines(negative))
	}
	list := make([]string, 0, len(fields))
	for _, f := range fields {
		if f.Value != "" {
			list = append(list, f.Keyword+": "+parameterValue(f.Value))
		}
	}
	lines = append(lines, strings.Join(list, ", "))
	return Text{Keyword: ParametersKeyword, Value: strings.Join(lines, "\n")}
}

// plainLines ends lines with LF, as PNG requires (§11.3.3.4).
func plainLines(s string) string {
	return strings.ReplaceAll(strings.ReplaceAll(s, "\r\n", "\n"), "\r", "\n")
}

func parameterValue(s string) string {
	if !strings.ContainsAny(s, ",:\"\r\n") {
		return s
	}
	var b bytes.Buffer
	out := json.NewEncoder(&b)
	out.SetEscapeHTML(false)
	if err := out.Encode(s); err != nil {
		return "" // unreachable: a string is always JSON
	}
	return strings.TrimSuffix(b.String(), "\n")
}

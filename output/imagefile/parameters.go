package imagefile

import (
	"bytes"
	"encoding/json"
	"strings"
)

// ParametersKeyword is the text of a PNG that viewers of generated pictures show. Stable Diffusion web UI (AUTOMATIC1111)
// began with it, and readers still follow its grammar, modules/infotext_utils.py: the prompt, which may have several
// lines; where there is one, "Negative prompt: " and that; and as the last line at least three of "Name: value",
// separated by commas. A value with a comma, a colon, a line break or a quote is a JSON string.
const ParametersKeyword = "parameters"

// Parameters is the text that tells viewers how a picture was made. Names of fields are two or more ASCII letters, digits and
// spaces; a field without a value is left out. A line of a prompt that begins with "Negative prompt:" is taken for that:
// the grammar has no way around it.
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

// plainLines ends lines as PNG wants it (§11.3.3.4).
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

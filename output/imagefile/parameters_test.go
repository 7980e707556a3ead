package imagefile

import (
	"bytes"
	"encoding/json"
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
)

// parameter is how readers take the last line apart (AUTOMATIC1111, modules/infotext_utils.py).
var parameter = regexp.MustCompile(`\s*(\w[\w \-/]+):\s*("(?:\\.|[^\\"])+"|[^,]*)(?:,|$)`)

// readParameters does what these readers do.
func readParameters(t *testing.T, text string) map[string]string {
	t.Helper()
	lines := strings.Split(strings.TrimSpace(text), "\n")
	last := lines[len(lines)-1]
	found := parameter.FindAllStringSubmatch(last, -1)
	if len(found) < 3 {
		t.Fatalf("the last line %q has %d parameters: readers take it for a part of the prompt", last, len(found))
	}
	read := map[string]string{}
	into := "Prompt"
	for _, line := range lines[:len(lines)-1] {
		line = strings.TrimSpace(line)
		if rest, begins := strings.CutPrefix(line, "Negative prompt:"); begins {
			into, line = "Negative prompt", strings.TrimSpace(rest)
		}
		if read[into] != "" {
			line = "\n" + line
		}
		read[into] += line
	}
	for _, f := range found {
		value := f[2]
		if strings.HasPrefix(value, `"`) && strings.HasSuffix(value, `"`) {
			if err := json.Unmarshal([]byte(f[2]), &value); err != nil {
				t.Errorf("value %s: %v", f[2], err)
			}
		}
		read[f[1]] = value
	}
	return read
}

func TestParametersAreReadAsTheyWere(t *testing.T) {
	fields := func(more ...Text) []Text {
		return append([]Text{{"Seed", "42"}, {"Size", "1328x1328"}, {"Model", "qwen-image-plus"}}, more...)
	}
	for name, c := range map[string]struct {
		prompt, negative string
		more             []Text
		want             map[string]string
	}{
		"Chinese": {"一副典雅庄重的对联，悬挂于厅堂之中", "低分辨率", []Text{{"Actual prompt", "厅堂, 对联: “福”"}},
			map[string]string{"Prompt": "一副典雅庄重的对联，悬挂于厅堂之中", "Negative prompt": "低分辨率", "Actual prompt": "厅堂, 对联: “福”"}},
		"lines": {"a cat\r\non a mat\rasleep", "blur\nnoise", []Text{{"Actual prompt", "a cat\non a mat"}},
			map[string]string{"Prompt": "a cat\non a mat\nasleep", "Negative prompt": "blur\nnoise", "Actual prompt": "a cat\non a mat"}},
		"looks like parameters": {"Steps: 20, Seed: 1, Size: 1x1", "", []Text{{"Actual prompt", `"quoted", \ and Seed: 7, <b> & é`}},
			map[string]string{"Prompt": "Steps: 20, Seed: 1, Size: 1x1", "Actual prompt": `"quoted", \ and Seed: 7, <b> & é`}},
		"quotes alone": {"p", "", []Text{{"Actual prompt", `"福"`}}, map[string]string{"Prompt": "p", "Actual prompt": `"福"`}},
		"no prompts":   {"", "", []Text{{"Task ID", ""}}, map[string]string{}},
	} {
		text := Parameters(c.prompt, c.negative, fields(c.more...))
		b := Annotate(pngOf(t, painted(2, 2)), []Text{text})
		texts, err := Texts(bytes.NewReader(b))
		if err != nil || len(texts) != 1 || texts[0].Keyword != "parameters" {
			t.Fatalf("%s: Texts = %v, %v", name, texts, err)
		}
		c.want["Seed"], c.want["Size"], c.want["Model"] = "42", "1328x1328", "qwen-image-plus"
		if diff := cmp.Diff(c.want, readParameters(t, texts[0].Value)); diff != "" {
			t.Errorf("%s: readers see (-want +got):\n%s\nof %q", name, diff, texts[0].Value)
		}
	}
}

func FuzzParameters(f *testing.F) {
	f.Add("a cat, black", `a "black" cat: asleep`)
	f.Add("猫\n\"", "\\\r\n,\x00\xff")
	f.Fuzz(func(t *testing.T, prompt, actual string) {
		if strings.Contains(prompt, "Negative prompt:") || strings.TrimSpace(actual) == "" {
			t.Skip()
		}
		text := Parameters(prompt, "", []Text{{"Seed", "42"}, {"Size", "1x1"}, {"Model", "m"}, {"Actual prompt", actual}}).Value
		read := readParameters(t, text)
		if read["Seed"] != "42" || read["Size"] != "1x1" || read["Model"] != "m" {
			t.Errorf("readers see %q of %q", read, text)
		}
		if strings.ContainsAny(actual, ",:\"\n") && utf8.ValidString(actual) && read["Actual prompt"] != actual {
			t.Errorf("actual prompt = %q, want %q, of %q", read["Actual prompt"], actual, text)
		}
	})
}

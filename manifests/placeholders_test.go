package manifests

import "testing"

func TestPlaceholder(t *testing.T) {
	for text, want := range map[string]string{
		"anime artwork {prompt} . anime style":           "{prompt}",
		"A photo of {{ product }} on {{ background }}":   "{{ product }}",
		"A {{.color}} cat":                               "{{.color}}",
		"a {red|green|} ball":                            "{red|green|}",
		"a __colour/warm__ ball":                         "__colour/warm__",
		"a [subject] in the rain":                        "[subject]",
		"a <product name> on a table":                    "<product name>",
		"${name}, portrait":                              "${name}",
		"a cat, {0}":                                     "{0}",
		"a %style% cat":                                  "%style%",
		"一只{颜色}的猫":                                       "{颜色}",
		"一只[动物]":                                         "[动物]",
		"a cat":                                          "",
		`{"subject": "a cat", "style": {"kind": "oil"}}`: "",
		"a 1/2 [1] ratio, 50% of it, 20% off":            "",
		"(a cat:1.2), <lora:x:1>, [cat:dog:0.5]":         "",
		"a < b and c > d; snake_case __ x":               "",
		"[[fail:InternalError]] a cat":                   "",
	} {
		if got := placeholder(text); got != want {
			t.Errorf("placeholder(%q) = %q, want %q", text, got, want)
		}
	}
}

func TestPlaceholdersAreToldOnce(t *testing.T) {
	for text, want := range map[string]string{
		"name,prompt,negative_prompt\nAnime,\"anime artwork {prompt} . anime style\",photo\nMail,\"A photo of {{ product }}\",\nx,a cat,\n": "a.csv:2:7: prompt: {prompt} stands here unfilled, as others do in 1 more row, and is sent as it is",
		"prompt,negative_prompt\na,b\nc,[x]\n":              "a.csv:3:3: negative_prompt: [x] stands here unfilled, and is sent as it is",
		"prompt,count,skip\n{a},3,\n{b},,\n{c},,\n{d},,是\n": "a.csv:2:1: prompt: {a} stands here unfilled, as others do in 2 more rows, and is sent as it is",
		"prompt,x\nA {{.color}} cat,y\n":                    "a.csv:2:1: prompt: {{.color}} stands here unfilled, and is sent as it is",
	} {
		m, err := load(t, "a.csv", text, Options{})
		if err != nil {
			t.Fatal(err)
		}
		if got := warnings(t, m); got != want {
			t.Errorf("warnings of %q are\n%s\nwant\n%s", text, got, want)
		}
	}
}

// Our own {{.name}} where nothing fills it in is a mistake.
func TestUnfilledTemplates(t *testing.T) {
	fill := func(name string) string {
		return "nothing fills {{." + name + "}} in; give the item a matrix: {" + name + ": [ginger, black]}"
	}
	const column = " is text here, though there is a column of that name; a YAML manifest over the sheet (rows: FILE) fills it in"
	for _, r := range []refusal{
		{"an item of YAML", "a.yaml", "items:\n  - prompt: A {{.color}} cat\n", "a.yaml:2:15: prompt: " + fill("color")},
		{"its id, and its file", "a.yaml", "items:\n  - {id: 'cat-{{ .color }}', prompt: a, file: '{{.color}}'}\n", "a.yaml:2:15: id: nothing fills {{ .color }} in; give the item a matrix: {color: [ginger, black]}\na.yaml:2:48: file: " + fill("color")},
		{"with seeds alone", "a.yaml", "items:\n  - {prompt: 'a {{.seed}}', seeds: [1, 2]}\n", "a.yaml:2:17: prompt: " + fill("seed")},
		{"the defaults", "a.yaml", "defaults: {negative_prompt: 'no {{.x}}'}\nitems: [{prompt: a}]\n", "a.yaml:1:33: negative_prompt: " + fill("x")},
		{"a column of the sheet", "a.csv", "prompt,color\nA {{.color}} cat,red\nA {{ .Color }} cat,red\n", "a.csv:2:1: prompt: {{.color}}" + column + "\na.csv:3:1: prompt: {{ .Color }}" + column},
		{"a key of the objects", "a.json", `[{"prompt": "A {{.color}} cat", "color": "red"}]`, "a.json:1:13: prompt: {{.color}}" + column},
	} {
		r.test(t)
	}
}

package manifests

// A field is one of the names that this package gives a meaning to.
type field int

const (
	fieldID field = iota
	fieldPrompt
	fieldNegative
	fieldModel
	fieldSize
	fieldSeed
	fieldCount
	fieldN
	fieldExtend
	fieldWatermark
	fieldFile
	fieldSkip
	fieldImage
	fieldExtendMode
	fieldThinking
	fieldThinkingMode
	fieldPalette
	fieldRegions
	fields // how many there are
)

// A kind is what a key of a manifest may hold.
type kind int

const (
	kindText kind = iota
	kindNumber
	kindBoolean
	kindMapping // of names to single values
	kindMatrix  // of names to lists of single values
	kindNumbers // a list
	kindTexts   // a text, or a list of them
	kindList    // a list of anything, also written as JSON
)

// A knownKey is a name in a manifest, and what the reader and the schema for editors both go by.
type knownKey struct {
	name     string
	kind     kind
	own      bool   // belongs to an item; it has a default only for the rows of a sheet
	template bool   // may say {{.name}} where there is a matrix or a sheet
	pattern  string // of the text, for editors; what the reader takes is a little more
	least    int64  // of a number
	most     int64  // of a number, 0 where no rule is near
	about    string // a sentence or two for the person who fills it in
	inYAML   string // what more there is to know in YAML
	examples []any
}

// sizePattern is W*H and W:H.
const sizePattern = `^\s*[0-9]{1,5}\s*[*xX×:]\s*[0-9]{1,5}\s*$`

// fieldTable has the fields in their order, with the names that cli.md promises.
var fieldTable = [fields]knownKey{
	fieldID: {name: "id", own: true, template: true, examples: []any{"couplet", "cat-{{.color}}"},
		about: "Name of the item: of its picture, and in the reports. Each once in the manifest. Without one the picture is named after its prompt."},
	fieldPrompt: {name: "prompt", own: true, template: true,
		examples: []any{"A lighthouse in a storm, seen from the sea",
			"A sitting {{.color}} cat, {{.mood}}"},
		about: "What the picture shall show, in Chinese or English. qwen-image reads at most 800 characters."},
	fieldNegative: {name: "negative_prompt", template: true,
		examples: []any{"blurred, low resolution", "低分辨率，模糊"},
		about:    "What the picture shall not show, at most 500 characters.",
		inYAML:   "Empty quotes take back the default."},
	fieldModel: {name: "model", template: true, examples: []any{"qwen-image-plus"},
		about: "Name of the model; `qwenbatch models` lists them with sizes and prices."},
	fieldSize: {name: "size", template: true, pattern: sizePattern,
		examples: []any{"16:9", "1328*1328"},
		about:    "Width and height in pixels (1328*1328), or their ratio (16:9).",
		inYAML:   "A ratio stands in quotes, as some YAML readers take it for a time."},
	fieldSeed: {name: "seed", kind: kindNumber, least: -1, most: maxSeed, examples: []any{42},
		about: "Number that decides what chance decides: the same seed and prompt give a similar picture, not surely the same. Without one, each item draws its own, once."},
	fieldCount: {name: "count", kind: kindNumber, least: 1, examples: []any{3},
		about: "How many pictures to make of it, each a request of its own: id, id-2, id-3 and so on. An explicit seed counts up by one."},
	fieldN: {name: "n", kind: kindNumber, least: 1, examples: []any{1},
		about: "How many pictures one request makes, where the model allows more than one."},
	fieldExtend: {name: "prompt_extend", kind: kindBoolean, examples: []any{false},
		about: "Whether a language model at the service may enrich the prompt first. The service does so unless this is false."},
	fieldWatermark: {name: "watermark", kind: kindBoolean, examples: []any{false},
		about: "Whether the service puts its mark into the corner of the picture."},
	fieldFile: {name: "file", own: true, template: true, examples: []any{"cover.png", "{{.sku}}"},
		about: "File name of the picture, with or without .png. Without one it is the id."},
	fieldSkip: {name: "skip", kind: kindBoolean, own: true, examples: []any{true},
		about: "Leaves the item out; it stays in the reports."},
	fieldImage: {name: "image", kind: kindTexts, own: true, template: true,
		examples: []any{"photos/shirt.jpg", []any{"photos/shirt.jpg", "photos/model.jpg"},
			"photos/{{.sku}}.jpg"},
		about:  "Picture to edit or to follow: a file beside the manifest, a pattern that one file matches (photos/A-17*), or an http(s) URL. Several are separated by ; in the order in which the prompt counts them.",
		inYAML: "Several may also be a list."},
	fieldExtendMode: {name: "prompt_extend_mode", template: true, examples: []any{"direct"},
		about: "How qwen-image-3.0 enriches the prompt: direct or agent; agent is for texts without pictures."},
	fieldThinking: {name: "enable_thinking", kind: kindBoolean, examples: []any{false},
		about: "Whether qwen-image-3.0 thinks while it enriches the prompt. It does unless this is false."},
	fieldThinkingMode: {name: "thinking_mode", kind: kindBoolean, examples: []any{false},
		about: "Whether wan2.7 thinks first. It does unless this is false."},
	fieldPalette: {name: "color_palette", kind: kindList, template: true,
		examples: []any{[]any{map[string]any{"hex": "#C2D1E6", "ratio": "23.51%"}}},
		about:    "Colours for wan2.7, as a JSON list in the form of the vendor's page."},
	fieldRegions: {name: "bbox_list", kind: kindList, template: true,
		examples: []any{[]any{[]any{[]any{0, 0, 400, 300}}}},
		about:    "Regions that wan2.7 edits, as a JSON list with one list for each picture."},
}

// The other keys of an item.
var (
	columnsKey = knownKey{name: "columns", kind: kindMapping, own: true, template: true,
		examples: []any{map[string]any{"sku": "A-17"}},
		about:    "Anything else that shall stand beside the picture in the reports."}
	matrixKey = knownKey{name: "matrix", kind: kindMatrix, own: true,
		examples: []any{map[string]any{"color": []any{"ginger", "black"}, "mood": []any{"happy"}}},
		about:    "Lists of words: the item is made once for each combination, the first key changing slowest. {{.color}} in its texts is the word, also in id and file."}
	seedsKey = knownKey{name: "seeds", kind: kindNumbers, own: true, most: maxSeed,
		examples: []any{[]any{1, 2, 3}},
		about:    "Makes the item once with each of these seeds, in place of seed and count. {{.seed}} is the number, where there is a matrix or a sheet."}
)

// The keys of the whole manifest.
var (
	defaultsKey = knownKey{
		name:  "defaults",
		about: "What items say that say nothing themselves. Over a sheet (rows) its texts may name columns, as {{.Style}}, and then go before what the row says."}
	itemsKey = knownKey{name: "items", about: "The pictures to make."}
	rowsKey  = knownKey{name: "rows", examples: []any{"prompts.xlsx"},
		about: "A sheet in place of items: path of an XLSX, CSV, TSV or JSONL file, beside this one. Each row is an item, filled up from defaults."}
	sheetKey = knownKey{name: "sheet", examples: []any{"Sheet1"},
		about: "Which sheet of the workbook that rows names; the first one if this is left out."}
	encodingKey = knownKey{name: "encoding", examples: []any{"gb18030"},
		about: "Character encoding of the CSV that rows names: utf-8, gb18030, utf-16le, big5 and others; told by itself if this is left out."}
	headersKey = knownKey{name: "columns", kind: kindMapping,
		examples: []any{map[string]any{"prompt": "描述"}},
		about:    "Which header of the sheet gives a field, where its name does not tell."}
)

// fieldNames are the names of the fields, in their order.
var fieldNames = func() (names [fields]string) {
	for f, k := range fieldTable {
		names[f] = k.name
	}
	return names
}()

func (f field) String() string { return fieldNames[f] }

// isNumber reports whether the value of a field is one.
func isNumber(f field) bool { return fieldTable[f].kind == kindNumber }

// isList reports whether a field may be a list where the manifest has lists.
func isList(f field) bool {
	return fieldTable[f].kind == kindTexts || fieldTable[f].kind == kindList
}

// isBoolean reports whether the value of a field is true or false.
func isBoolean(f field) bool { return fieldTable[f].kind == kindBoolean }

// fieldNamed is the field of that exact name.
func fieldNamed(name string) (field, bool) {
	for f, n := range fieldNames {
		if n == name {
			return field(f), true
		}
	}
	return 0, false
}

// itemKeys are all keys of an item.
func itemKeys() []knownKey {
	return append(fieldTable[:len(fieldTable):len(fieldTable)], columnsKey, matrixKey, seedsKey)
}

// topKeys are all keys of the manifest as a whole.
func topKeys() []knownKey {
	return []knownKey{defaultsKey, itemsKey, rowsKey, sheetKey, encodingKey, headersKey}
}

func namesOf(keys []knownKey) (names []string) {
	for _, k := range keys {
		names = append(names, k.name)
	}
	return names
}

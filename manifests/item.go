package manifests

// An Item is one picture request: a row after defaults, templates, matrix, seeds and count are
// applied.
type Item struct {
	// "" where the row has none; the 2nd, 3rd… item of a row with the same id has "-2", "-3"…
	// appended
	ID string
	// as a spreadsheet numbers it, header included; the line in JSON lines; the item's number
	// from 1 in YAML and other JSON
	Row    int
	Index  int // number among the items of its row, from 1
	Prompt string

	// As the row, else the flags, else the manifest's defaults say; zero where nothing does.
	NegativePrompt string
	Model          string
	Size           string // "1328*1328" or "16:9", however it was written
	Seed           *int64 // counted up over the items that count makes
	N              int
	PromptExtend   *bool
	Watermark      *bool
	Extras
	// Images are shown to the model, in the order in which the prompt counts them.
	Images []Image

	File string // what the file column says
	Skip bool   // not to be made
	// values of Manifest.Columns, nil where there are none; shared by the items of a row, not
	// to be changed
	Columns      []string
	NegativeSaid bool // a negative prompt is said, be it an empty one

	source source
	at     ref
	id     string // without number
	// number among the items of the row with the same id, the same file; from 1
	idNth, fileNth int
	naming         *naming
	was            *saidBefore
	notes          []Problem // warnings, each told of the first item that has it
	first          *Item     // of those that count makes, nil for itself; this is the nth
	nth            int
}

// At is the place of a field, or of a carried-through column: of its first character, a quote
// included. It is the start of the row where the field is not there. It reads the manifest's
// copy again: call it for messages, not for every item.
func (it *Item) At(name string) Position { return it.source.place(it.at, name) }

// RowID is the id as the row says it, which the items that count makes share.
func (it *Item) RowID() string { return it.id }

// Named reports whether the manifest or Options.Names say what the picture is called.
func (it *Item) Named() bool { return it.File != "" || it.naming != nil }

// Picture is what the picture shall be called, without extension: as the file column says, else
// Options.Names, else the id. The 2nd, 3rd… item of a row with the same name has "-2", "-3"…
// appended. It is "" where the tool is to choose.
func (it *Item) Picture() string {
	name, _ := it.picture()
	return name
}

// picture is [Item.Picture], and the field that says so: "file", "id" or the flag.
func (it *Item) picture() (name, by string) {
	switch {
	case it.File != "":
		return numbered(stem(it.File), it.fileNth), "file"
	case it.naming == nil:
		return it.ID, "id"
	}
	text, err := it.naming.name(it)
	if err != nil { // Check has told of it
		return it.ID, namesFlag
	}
	return stem(text), namesFlag
}

// repeat is the i-th item, from 1, of those that count makes, the first being it.
func (it *Item) repeat(i int) *Item {
	if i == 1 {
		return it
	}
	again := *it
	again.Index += i - 1
	again.idNth += i - 1
	again.fileNth += i - 1
	again.first, again.nth = it, i
	again.ID = numbered(it.id, again.idNth)
	if it.Seed != nil {
		seed := *it.Seed + int64(i-1)
		again.Seed = &seed
	}
	return &again
}

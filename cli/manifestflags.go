package cli

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime/debug"
	"strings"
	"sync"

	"github.com/spf13/pflag"

	"github.com/qwenbatch/qwenbatch/cli/term"
	"github.com/qwenbatch/qwenbatch/manifests/inputs"
	"github.com/qwenbatch/qwenbatch/manifests/spell"

	"github.com/qwenbatch/qwenbatch/batch"
	"github.com/qwenbatch/qwenbatch/manifests"
)

// manifestFlags are the flags that say how a manifest is read, and what holds where its rows say
// nothing.
type manifestFlags struct {
	defaults manifests.Defaults
	rules    batch.Rules
	format   string
	encoding string
	sheet    string
	// rows without a prompt, and rows and columns that are hidden, are left out
	skipEmpty, visibleOnly bool
	noHeader               bool
	columns                headerFlag
	name                   string         // of pictures
	inputs                 *inputs.Memory // what the output folder knows of photos
	prompt, imagesDir      string         // of rows that name a picture only, and of which each is a row
	maxItems               int
	priceRegion            string         // of the prices that hints name
	pictures               *pflag.FlagSet // those that fill defaults
}

func newManifestFlags() *manifestFlags {
	return &manifestFlags{rules: batch.Rules{Mode: "auto"}, columns: headerFlag{}, maxItems: 10000}
}

// pictureGroup returns the flags of the pictures.
func (r *manifestFlags) pictureGroup() group {
	g := newGroup("Pictures, where a row says nothing")
	r.pictures = g.flags
	g.flags.Var(textFlag{&r.defaults.Model, "NAME"}, "model",
		"model (default the manifest's, else "+batch.DefaultModel+"); qwenbatch models lists them")
	g.flags.Var(textFlag{&r.defaults.Size, "SIZE"}, "size",
		"as 1328*1328 or 16:9 (default the manifest's, else the model's)")
	g.flags.Var(textFlag{&r.defaults.NegativePrompt, "TEXT"}, "negative-prompt",
		"what the pictures shall not show")
	g.flags.Var(optionalSeed{&r.defaults.Seed}, "seed",
		"0 to 2147483647; the same seed and prompt give a similar picture, not surely the same (default one for "+
			"each item, drawn once and reported)")
	g.flags.Var(optionalBool{&r.defaults.PromptExtend}, "prompt-extend",
		"let a language model enrich the prompts (default true, as the API does)")
	g.flags.Var(optionalBool{&r.defaults.Watermark}, "watermark",
		"put the vendor's watermark on the pictures (default false)")
	g.flags.Var(choiceFlag{&r.defaults.PromptExtendMode, []string{"direct", "agent"}},
		"prompt-extend-mode", "how qwen-image-3.0 enriches the prompts (default direct, as the API does)")
	g.flags.Var(optionalBool{&r.defaults.EnableThinking}, "enable-thinking",
		"let qwen-image-3.0 think while it enriches the prompts (default true, as the API does)")
	g.flags.Var(optionalBool{&r.defaults.ThinkingMode}, "thinking-mode",
		"let wan2.7 think first (default true, as the API does)")
	g.flags.Var(jsonListFlag{&r.defaults.ColorPalette}, "color-palette",
		"colours for wan2.7, a JSON list in the form of the vendor's page")
	g.flags.Var(jsonListFlag{&r.defaults.BboxList}, "bbox-list",
		"regions that wan2.7 edits, a JSON list with one list for each picture")
	for _, name := range []string{"prompt-extend", "watermark", "enable-thinking", "thinking-mode"} {
		g.flags.Lookup(name).NoOptDefVal = "true"
	}
	return g
}

// readingGroup returns the flags of the reading.
func (r *manifestFlags) readingGroup() group {
	g := newGroup("Reading the manifest")
	g.flags.Var(choiceFlag{&r.format, formats}, "format",
		"what the manifest is, where its name does not tell: that of - (standard input)")
	g.flags.Var(textFlag{&r.encoding, "NAME"}, "encoding",
		"character encoding: utf-8, gb18030, windows-1252, shift_jis, euc-kr, big5 … (default told "+
			"by the text)")
	g.flags.Var(textFlag{&r.sheet, "NAME"}, "sheet", "sheet of a workbook, or list of a JSON "+
		"document (default the first, or the only one)")
	g.flags.BoolVar(&r.skipEmpty, "skip-empty", false,
		"leave rows without a prompt out, as those of totals")
	g.flags.BoolVar(&r.visibleOnly, "visible-only", false,
		"leave hidden rows and columns of a workbook out")
	g.flags.Var(
		r.columns, "column",
		"which header gives a field, as in prompt=描述, or that none does, as in size=; can be "+
			"repeated (default told by the usual names)")
	g.flags.BoolVar(&r.noHeader, "no-header", false,
		"the first row of a CSV is a prompt like the others; --column prompt=2 is the second column")
	g.flags.Var(dirFlag{&r.imagesDir}, "images-dir",
		"make a row of each picture of a folder, with the prompt of --prompt or of a YAML manifest's "+
			"defaults")
	g.flags.Var(textFlag{&r.prompt, "TEXT"}, "prompt",
		"prompt of rows that name a picture and no prompt; {{.image.name}} is the picture's name")
	g.flags.Var(textFlag{&r.name, "TEMPLATE"}, "name",
		"file names, as {{.sku}}-{{.slug}}: columns, and id, row, index, slug, hash, seed, "+
			"model, size, image.name (default the file column, else the id, else slug and hash)")
	g.flags.Var(countFlag{&r.maxItems}, "max-items",
		"items that matrix, seeds and count may add to the rows, so that a slip buys no "+
			"million pictures")
	g.flags.BoolVar(&r.rules.AllowTruncation, "allow-truncation", false,
		"send prompts that are too long for the model; the API cuts them without a word")
	g.flags.BoolVar(&r.rules.NearestSize, "nearest-size", false,
		"take the allowed size nearest in shape where a row asks for another")
	return g
}

// weigh splits the defaults by their weight: what a file of defaults gives loses against what the
// manifest says of all of its items.
func (r *manifestFlags) weigh() (said, fallback manifests.Defaults) {
	said = r.defaults
	weak := func(name string) bool { return r.pictures != nil && isFromFile(r.pictures.Lookup(name)) }
	if weak("model") {
		said.Model, fallback.Model = "", said.Model
	}
	if weak("size") {
		said.Size, fallback.Size = "", said.Size
	}
	if weak("negative-prompt") {
		said.NegativePrompt, fallback.NegativePrompt = "", said.NegativePrompt
	}
	if weak("seed") {
		said.Seed, fallback.Seed = nil, said.Seed
	}
	if weak("prompt-extend") {
		said.PromptExtend, fallback.PromptExtend = nil, said.PromptExtend
	}
	if weak("watermark") {
		said.Watermark, fallback.Watermark = nil, said.Watermark
	}
	return said, fallback
}

// modeFlag adds the flag of the interface of the API.
func (r *manifestFlags) modeFlag(g group) {
	g.flags.Var(choiceFlag{&r.rules.Mode, []string{"auto", "async", "sync"}}, "mode",
		"which interface of the API; auto takes async where the model has it")
}

// A checkedManifest is an open manifest whose rows are checked once, while something else may be
// done.
type checkedManifest struct {
	*manifests.Manifest
	totals manifests.Totals // once index has returned
	// index checks all rows and keeps what a batch must know of them. The error lists all mistakes.
	index func() (*batch.Index, error)
}

// open opens the manifest. The caller closes it.
func (r *manifestFlags) open(p *program, name string) (*checkedManifest, error) {
	if err := stdinReadable(p, name, r.format); err != nil {
		return nil, err
	}
	if err := r.unknownModel(); err != nil {
		return nil, err
	}
	said, fallback := r.weigh()
	m, err := manifests.Open(name, manifests.Options{
		Format: r.format, Stdin: p.stdin,
		Defaults: said, Fallback: fallback, Encoding: r.encoding, Sheet: r.sheet, Columns: r.columns,
		NoHeader: r.noHeader, SkipEmpty: r.skipEmpty, VisibleOnly: r.visibleOnly,
		MaxItems: r.maxItems, Check: r.rules.Check, Prompt: r.prompt, ImagesDir: r.imagesDir,
		Inputs: r.inputs, TakesPictures: r.rules.TakesPictures,
		Names: r.rules.Names(r.name)})
	if errors.Is(err, fs.ErrNotExist) {
		return nil, noManifest(name)
	}
	if info, trouble := os.Stat(name); err != nil && trouble == nil && info.IsDir() {
		return nil, &mistake{
			text: term.Quote(name) + " is a folder",
			hint: "name the manifest in it, or say --prompt for all of its pictures"}
	}
	if err != nil {
		return nil, r.wrongDefault(err)
	}
	c := &checkedManifest{Manifest: m}
	c.index = sync.OnceValues(func() (*batch.Index, error) { return r.checkRows(c, name) })
	return c, nil
}

// manifestOf is the manifest that a command is given: the folder of --images-dir where there is no
// other.
func (r *manifestFlags) manifestOf(args []string) string {
	if len(args) == 0 {
		return r.imagesDir
	}
	return args[0]
}

// kind is the extension of a manifest, or what --format says in its place.
func (r *manifestFlags) kind(name string) string {
	if r.format != "" {
		return "." + r.format
	}
	return strings.ToLower(filepath.Ext(name))
}

// checkRows checks all rows of a manifest.
func (r *manifestFlags) checkRows(m *checkedManifest, name string) (_ *batch.Index, err error) {
	index, n := &batch.Index{}, 0
	m.totals, err = m.CheckItems(func(it *manifests.Item) {
		if n++; n == manyItems {
			saveMemory()
		}
		index.Add(it)
	})
	if err != nil {
		return nil, r.flagAtFault(r.roomier(m.Manifest, err))
	}
	if m.totals.Items == 0 {
		return nil, noItems(name, r.kind(name))
	}
	return index, nil
}

// noItems refuses a manifest without items: a failed export must not end with "all done", nor
// its empty report replace a full one.
func noItems(name, kind string) error {
	m := &mistake{text: term.Quote(name) + " has no items; nothing was sent",
		hint: "its first row is the header; each row below it is a picture to make"}
	switch kind {
	case ".yaml", ".yml":
		m.hint = "list them below items:, each as - prompt: a cat; or name a sheet that has " +
			"rows with rows:"
	case ".json":
		m.hint = `it wants a list: [{"prompt": "a cat"}]`
	case ".jsonl", ".ndjson":
		m.hint = `each line is a picture to make: {"prompt": "a cat"}`
	case ".xlsx":
		m.hint += "; --sheet NAME takes another sheet"
	}
	return m
}

// manyItems is the number of items from which on their tables take most of the memory.
const manyItems = 100_000

// saveMemory lets the garbage collector start when a fifth was added to what is in use, instead
// of when it has doubled. What is kept of a million items has no pointers to follow, so that
// this costs next to nothing. GOGC has precedence.
func saveMemory() {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(20)
	}
}

// noManifest is the mistake of a manifest that does not exist, with a guess at what was meant.
func noManifest(name string) error {
	m := &mistake{text: term.Quote(name) + " does not exist",
		hint: "qwenbatch init " + term.ShellQuote(name) + " writes one to start from"}
	entries, err := os.ReadDir(filepath.Dir(name))
	if err != nil {
		m.hint = "there is no folder " + term.Quote(filepath.Dir(name))
		return m
	}
	var names, all []string
	for _, e := range entries {
		if !e.IsDir() && isManifest(e.Name()) && e.Name() != defaultsName {
			names = append(names, e.Name())
			all = append(all, term.ShellQuote(filepath.Join(filepath.Dir(name), e.Name())))
		}
	}
	switch near := spell.Nearest(filepath.Base(name), names); {
	case near != "":
		m.hint = "did you mean " + term.ShellQuote(filepath.Join(filepath.Dir(name), near)) + "?"
	case len(all) > 0:
		m.hint = "that folder has " + term.OrList(all[:min(len(all), 4)])
	case !isManifest(name):
		m.hint = "qwenbatch init writes prompts.yaml to start from"
	}
	return m
}

// tellReading tells what the reader of a manifest has guessed and what it warns of.
func tellReading(totals manifests.Totals, tell func(string)) {
	for _, g := range totals.Guesses {
		tell(g.Error())
	}
	for _, w := range onceEach(totals.Warnings) {
		tell(w.Error())
	}
}

// onceEach returns the warnings without repetitions in later rows.
func onceEach(all []manifests.Error) []manifests.Error {
	seen := map[string]bool{}
	var some []manifests.Error
	for _, w := range all {
		if what := w.Field + ": " + w.Text; !seen[what] {
			seen[what] = true
			some = append(some, w)
		}
	}
	return some
}

// isManifest reports whether a file can be a manifest by its extension.
func isManifest(name string) bool {
	switch strings.ToLower(filepath.Ext(name)) {
	case ".yaml", ".yml", ".csv", ".tsv", ".tab", ".jsonl", ".ndjson", ".json", ".xlsx", ".xlsm":
		return true
	}
	return false
}

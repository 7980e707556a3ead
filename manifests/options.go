package manifests

import (
	"fmt"
	"io"

	"github.com/qwenbatch/qwenbatch/manifests/inputs"
)

// Options say how a manifest is read. The zero value reads everything that says itself what it is.
type Options struct {
	// from flags: they win over the manifest's own defaults and lose against the row
	Defaults Defaults
	// what loses against the manifest's own defaults, too
	Fallback Defaults
	// what kind the file is, by the extension that it should have: csv, tsv, txt, xlsx, yaml,
	// jsonl, json; "" takes the one that it has
	Format string
	// what is read in place of a file that is called -; nil is none
	Stdin io.Reader
	// "" detects; else a name that the package charset knows, as gb18030 or windows-1252
	Encoding string
	// of a workbook; "" means the first that is not hidden. As Columns, it loses to what YAML
	// over a sheet says
	Sheet string
	// rows without a prompt are left out, as those of totals
	SkipEmpty bool
	// hidden rows and columns of a workbook are left out
	VisibleOnly bool
	// the first row of a table is one like the others; columns are called by their numbers
	NoHeader bool
	// which header gives a field, field → header; others are told by their names
	Columns map[string]string
	Names   Names // what pictures are called
	// Prompt is that of rows that name a picture and no prompt; "" is none.
	Prompt string
	// ImagesDir is a folder of which each picture is a row, in place of the items of a YAML
	// manifest that has none; "" is none.
	ImagesDir string
	// TakesPictures reports whether a model takes pictures, "" being that of no name. Pictures that
	// float over a sheet are those of rows whose model does; nil means that all do.
	TakesPictures func(model string) bool
	// Inputs remembers what pictures are; nil begins anew.
	Inputs *inputs.Memory
	// how many items matrix, seeds and count may add to the rows; 0 means 10000
	MaxItems int

	// Check gives the rules of the API. It is asked for the first item of each row, and of each
	// combination of a matrix, as the others differ by id and seed only; and not for rows that
	// are skipped or have mistakes already. nil means none.
	Check func(*Item) []Problem
}

// What is said of flags for workbooks where there is none.
const (
	notASheet     = "--sheet names a sheet of a workbook, and this is none"
	nothingHidden = "--visible-only is for workbooks; nothing in this is hidden"
)

// Defaults hold what items are made with where their rows say nothing. Zero values say nothing,
// NegativeSaid tells an explicitly empty negative prompt from none.
type Defaults struct {
	Model, Size, NegativePrompt string
	NegativeSaid                bool
	Seed                        *int64
	PromptExtend, Watermark     *bool
	N                           int
	Extras
}

// or fills what d leaves open from e.
func (d Defaults) or(e Defaults) Defaults {
	if d.Model == "" {
		d.Model = e.Model
	}
	if d.Size == "" {
		d.Size = e.Size
	}
	if !d.NegativeSaid {
		d.NegativePrompt, d.NegativeSaid = e.NegativePrompt, e.NegativeSaid
	}
	if d.Seed == nil {
		d.Seed = e.Seed
	}
	if d.PromptExtend == nil {
		d.PromptExtend = e.PromptExtend
	}
	if d.Watermark == nil {
		d.Watermark = e.Watermark
	}
	if d.N == 0 {
		d.N = e.N
	}
	d.Extras = d.Extras.or(e.Extras)
	return d
}

// A DefaultError is a default, which a flag has said, that no item can have.
type DefaultError struct{ Field, Text string }

func (e *DefaultError) Error() string { return "default " + e.Field + ": " + e.Text }

// normal is d with its size as an item has it.
func (d Defaults) normal() (Defaults, error) {
	d.NegativeSaid = d.NegativeSaid || d.NegativePrompt != ""
	if d.Seed != nil && (*d.Seed < 0 || *d.Seed > maxSeed) {
		return d, &DefaultError{"seed", fmt.Sprintf("%d is not among 0…%d", *d.Seed,
			int64(maxSeed))}
	}
	if d.N < 0 {
		return d, &DefaultError{"n", fmt.Sprintf("%d is less than 1", d.N)}
	}
	if d.Size == "" {
		return d, nil
	}
	size, trouble := parseSize(d.Size)
	if trouble != "" {
		return d, &DefaultError{"size", trouble}
	}
	d.Size = size
	return d, nil
}

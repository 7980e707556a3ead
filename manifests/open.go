package manifests

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// An opening opens one kind of manifest.
type opening func(input) (*reading, error)

// stdinName is what messages call a manifest that comes on standard input.
const stdinName = "stdin"

// openFile takes a private copy of a file and finds out what is in it.
func openFile(path string, o Options, wants *wantedVars, maxItems int) (*reading, error) {
	if path == "-" && o.Stdin != nil {
		return openReader(o.Stdin, stdinName, o, wants, maxItems)
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	if info, err := f.Stat(); err == nil && info.IsDir() {
		if o.Prompt == "" && wants == nil {
			return nil, &fs.PathError{Op: "open", Path: path, Err: errors.New(
				"is a folder; name the manifest in it, or say --prompt for all of its pictures")}
		}
		return openFolder(path)
	}
	ext := strings.ToLower(filepath.Ext(path))
	if o.ImagesDir != "" && ext != ".yaml" && ext != ".yml" {
		return nil, single(Position{File: path}, "",
			"--images-dir makes the rows, and this has its own; it goes with a YAML manifest, or alone")
	}
	return openReader(f, path, o, wants, maxItems)
}

// openReader reads a manifest to its end.
func openReader(r io.Reader, path string, o Options, wants *wantedVars, maxItems int) (
	*reading, error) {
	ext := strings.ToLower(filepath.Ext(path))
	if o.Format != "" {
		ext = "." + o.Format
	}
	open, err := opener(path, ext)
	if err != nil {
		return nil, err
	}
	if o.NoHeader && !slices.Contains(headless, ext) {
		return nil, single(Position{File: path}, "",
			"--no-header is for CSV, TSV and texts of lines; this names its columns")
	}
	return open(input{
		path: path, ext: ext, file: r, options: o, wants: wants, maxItems: maxItems,
		openRows: func(path string, o Options, wants *wantedVars) (*reading, error) {
			return openFile(path, o, wants, maxItems)
		},
	})
}

// headless are the extensions of what may have no header, or may name a sheet that has none.
var headless = []string{".csv", ".tsv", ".tab", ".txt", ".yaml", ".yml"}

// opener tells from the extension of a manifest how it is opened.
func opener(path, ext string) (opening, error) {
	switch ext {
	case ".yaml", ".yml":
		return decoded(openYAML), nil
	case ".csv", ".tsv", ".tab", ".txt":
		return flat(decoded(openTable)), nil
	case ".jsonl", ".ndjson", ".json":
		return decoded(openJSON), nil
	case ".xlsx", ".xlsm":
		return openSheet, nil
	case ".xls", ".xlsb", ".ods", ".numbers", ".et":
		return nil, single(Position{File: path}, "", "%s is not read; %s", ext, saveAs(ext))
	}
	return nil, single(Position{File: path}, "",
		"not a kind of manifest that is known: .yaml, .csv, .tsv, .xlsx, .jsonl or .json")
}

// saveAs tells how a program writes what is read.
func saveAs(ext string) string {
	switch ext {
	case ".ods":
		return "in LibreOffice: File, Save As, Excel 2007-365 (.xlsx)"
	case ".numbers":
		return "in Numbers: File, Export To, Excel… (.xlsx)"
	case ".et":
		return "in WPS: save as Excel workbook (.xlsx)"
	}
	return "in Excel or WPS: File, Save As, Excel workbook (.xlsx), or CSV UTF-8"
}

// decoded gives a reader of text a private copy of the file in UTF-8.
func decoded(open opening) opening {
	return func(in input) (*reading, error) {
		if in.options.VisibleOnly && in.ext != ".yaml" && in.ext != ".yml" {
			return nil, single(Position{File: in.path}, "", nothingHidden)
		}
		c, err := takeCopy(in.file, in.path, in.options.Encoding)
		if err != nil {
			return nil, err
		}
		in.text = c.text
		opened, err := open(in)
		if err != nil || opened.text != c.text { // YAML is held as nodes
			c.text.Close()
		}
		if err != nil {
			return nil, err
		}
		opened.took(c, in.path)
		return opened, nil
	}
}

// flat refuses the name of a sheet for what has none.
func flat(open opening) opening {
	return func(in input) (*reading, error) {
		if in.options.Sheet != "" {
			return nil, single(Position{File: in.path}, "", notASheet)
		}
		return open(in)
	}
}

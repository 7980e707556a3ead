package manifests

import (
	"bytes"
	"encoding/json"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/qwenbatch/qwenbatch/manifests/xlsx"
)

// Fields returns the names that have a meaning in a manifest.
func Fields() []string { return slices.Clone(fieldNames[:]) }

// Headers returns the headers of a sheet, or the keys of JSON, in any order: those that are
// read and those that are carried through. It wants no prompts, so that somebody who is to say
// which column has them can choose.
func Headers(name string, o Options) ([]string, error) {
	o.Columns = nil
	opened, err := openFile(name, o, &wantedVars{}, defaultMaxItems)
	if err != nil {
		return nil, err
	}
	defer opened.close()
	headers := slices.Clone(opened.source.columns())
	return append(headers, slices.Sorted(maps.Keys(opened.source.headers()))...), nil
}

// Sheets returns the names that [Options.Sheet] may have for a manifest: the sheets of a workbook,
// or the lists of a JSON document.
func Sheets(name string) ([]string, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	switch strings.ToLower(filepath.Ext(name)) {
	case ".xlsx", ".xlsm":
		info, err := f.Stat()
		if err != nil {
			return nil, err
		}
		w, err := xlsx.Open(io.NewSectionReader(f, 0, info.Size()))
		if err != nil {
			return nil, inBook(name, err)
		}
		return w.Sheets(), nil
	case ".json":
		return listsIn(f, name)
	}
	return nil, nil
}

func listsIn(f io.Reader, name string) (names []string, err error) {
	c, err := takeCopy(f, name, "")
	if err != nil {
		return nil, err
	}
	defer c.text.Close()
	text, err := io.ReadAll(c.text.From(0))
	if err != nil {
		return nil, err
	}
	var lists map[string]json.RawMessage
	if json.Unmarshal(text, &lists) != nil {
		return nil, nil // one list, or lines
	}
	for name, value := range lists {
		if bytes.HasPrefix(value, []byte("[")) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names, nil
}

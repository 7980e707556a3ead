package manifests

import (
	"fmt"
	"iter"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// A folder is a manifest of which each row is a picture of a folder, by their names.
type folder struct {
	path  string // absolute
	names []string
}

// pictureExtensions are of files that are pictures, or that somebody takes for one: those get a
// sentence.
var pictureExtensions = []string{".jpg", ".jpeg", ".png", ".webp", ".bmp", ".gif", ".tif", ".tiff",
	".heic", ".heif", ".avif", ".svg", ".jfif"}

// openFolder lists the pictures of a folder, not those of folders in it.
func openFolder(path string) (*reading, error) {
	full, err := filepath.Abs(path)
	if err != nil {
		return nil, err
	}
	entries, err := os.ReadDir(full)
	if err != nil {
		return nil, err
	}
	f := &folder{path: full}
	opened := &reading{source: f, encoding: utf8Name}
	var others []string
	for _, e := range entries {
		switch name := e.Name(); {
		case strings.HasPrefix(name, ".") || e.IsDir() || strings.EqualFold(name, "thumbs.db") ||
			strings.EqualFold(name, "desktop.ini"):
		case slices.Contains(pictureExtensions, strings.ToLower(filepath.Ext(name))):
			f.names = append(f.names, name)
		default:
			others = append(others, name)
		}
	}
	if len(others) > 0 {
		opened.guesses.add(Error{Pos: Position{File: path},
			Text: fmt.Sprintf("left out, since no pictures by their names: %s", quoteAll(others))})
	}
	return opened, nil
}

func (f *folder) columns() []string { return nil }

func (f *folder) headers() map[string]field {
	return map[string]field{fieldID.String(): fieldID, fieldImage.String(): fieldImage}
}

func (f *folder) rows() iter.Seq2[*row, error] {
	return func(yield func(*row, error) bool) {
		stems := map[string]int{}
		for _, name := range f.names {
			stems[fold(stemOf(name))]++
		}
		for i, name := range f.names {
			id := stemOf(name)
			if stems[fold(id)] > 1 {
				id = strings.ReplaceAll(name, ".", "-")
			}
			r := row{number: i + 1, at: ref{offset: int64(i), line: i + 1}}
			r.cells[fieldID] = cell{text: id, said: true}
			r.cells[fieldImage] = cell{text: filepath.Join(f.path, name), said: true}
			if !yield(&r, nil) {
				return
			}
		}
	}
}

// place is the picture, whatever is asked of it.
func (f *folder) place(at ref, _ string) Position {
	return Position{File: filepath.Join(f.path, f.names[at.offset])}
}

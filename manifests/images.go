package manifests

import (
	"io"
	"path/filepath"
	"strings"

	"github.com/qwenbatch/qwenbatch/manifests/inputs"
)

// An Image is a picture that an item shows the model. It is a URL, which nobody has looked at, a
// file, or a picture of the workbook.
type Image struct {
	URL  string
	Path string // of the file, as it is opened; of one in the workbook the name of its cell
	// Open begins to read one in the workbook, and tells its length, until the manifest is closed;
	// nil for others.
	Open func() (content io.ReadCloser, length int64, err error)
	inputs.Facts
}

// Name is the base name of the file, or the URL.
func (i Image) Name() string {
	if i.URL != "" {
		return i.URL
	}
	return filepath.Base(i.Path)
}

// stemOf is the name of a picture without its folder and extension, as {{.image.name}} gives it.
func stemOf(name string) string {
	if isURL(name) {
		name, _, _ = strings.Cut(name, "?")
		name = name[strings.LastIndexByte(name, '/')+1:]
	}
	name = filepath.Base(filepath.FromSlash(strings.ReplaceAll(name, `\`, "/")))
	return strings.TrimSuffix(name, filepath.Ext(name))
}

// identity is what the fingerprint takes of a picture: the content of a file, never its name,
// and a URL as it is written.
func (i Image) identity() string {
	if i.URL != "" {
		return "url " + i.URL
	}
	return "sha256 " + i.SHA256
}

func isURL(text string) bool {
	lower := strings.ToLower(text[:min(len(text), 8)])
	return strings.HasPrefix(lower, "http://") || strings.HasPrefix(lower, "https://")
}

// imageNames are the names in a cell: one a line, or separated by semicolons. A semicolon in
// the name of a file that is there, as whole tells, is a part of it.
func imageNames(text string, whole func(string) bool) []string {
	if text == "" {
		return nil
	}
	if !strings.ContainsAny(text, ";；\n") || whole(text) {
		return []string{text}
	}
	sep := ";；"
	if strings.Contains(text, "\n") {
		sep = "\n"
	}
	var names []string
	separates := func(r rune) bool { return strings.ContainsRune(sep, r) }
	for _, name := range strings.FieldsFunc(text, separates) {
		if name = trimEdges(name); name != "" {
			names = append(names, name)
		}
	}
	return names
}

package manifests

import (
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"github.com/qwenbatch/qwenbatch/manifests/inputs"
	"github.com/qwenbatch/qwenbatch/manifests/spell"
	"github.com/qwenbatch/qwenbatch/manifests/xlsx"
)

// A finder finds the pictures that rows name, and looks at each once.
type finder struct {
	folders []string // in which names are looked for
	book    map[string]xlsx.Picture
	memory  *inputs.Memory

	mu    sync.Mutex
	found map[string]lookup
	bySHA map[string]Image
	lists map[string][]string // the names in a folder
}

// A lookup is what has been found of a name.
type lookup struct {
	image   Image
	trouble string
}

// newFinder looks beside the manifest, and beside the sheet that it is over.
func newFinder(memory *inputs.Memory, files ...string) *finder {
	if memory == nil {
		memory = &inputs.Memory{}
	}
	f := &finder{memory: memory, found: map[string]lookup{}, bySHA: map[string]Image{},
		lists: map[string][]string{}}
	for _, file := range files {
		if dir := filepath.Dir(file); !slices.Contains(f.folders, dir) {
			f.folders = append(f.folders, dir)
		}
	}
	return f
}

// FindImages finds pictures that are named outside a manifest: files below the current folder, and
// URLs. The error is about the first that is no good.
func FindImages(names []string) ([]Image, error) {
	f := newFinder(nil, "here")
	var all []Image
	for _, name := range names {
		image, trouble := f.find(name)
		if trouble != "" {
			return nil, fmt.Errorf("%s: %s", name, trouble)
		}
		all = append(all, image)
	}
	return all, nil
}

// find is the picture of a name, and what is wrong with it: nothing, most often.
func (f *finder) find(name string) (Image, string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	was, ok := f.found[name]
	if !ok {
		was.image, was.trouble = f.look(name)
		f.found[name] = was
		if was.image.SHA256 != "" {
			f.bySHA[was.image.SHA256] = was.image
		}
	}
	return was.image, was.trouble
}

// ofContent is the picture of that content which has been found; false if none has.
func (f *finder) ofContent(sha256 string) (Image, bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	image, ok := f.bySHA[sha256]
	return image, ok
}

// exists reports whether a name is that of a file as it stands.
func (f *finder) exists(name string) bool {
	_, err := f.stat(name)
	return err == nil
}

func (f *finder) look(name string) (Image, string) {
	if p, ok := f.book[name]; ok {
		return f.inBook(name, p)
	}
	scheme, _, ok := strings.Cut(name, "://")
	switch {
	case strings.HasPrefix(name, "data:"):
		return Image{}, "a picture as text in a cell is not taken; save it as a file"
	case isURL(name):
		if u, err := url.Parse(name); err != nil || u.Host == "" {
			return Image{}, "is no URL"
		}
		return Image{URL: name}, ""
	case ok && len(scheme) > 1 && !strings.ContainsAny(scheme, `/\`):
		return Image{}, "is neither a file nor an http:// or https:// URL"
	}
	path, trouble := f.path(name)
	if trouble != "" {
		return Image{}, trouble
	}
	facts, err := f.memory.File(path)
	if err != nil {
		return Image{Path: path}, unreadable(err)
	}
	return Image{Path: path, Facts: facts}, ""
}

// unreadable says why a file cannot be looked at, without its path.
func unreadable(err error) string {
	var wrong *fs.PathError
	if errors.As(err, &wrong) {
		return "cannot be read: " + wrong.Err.Error()
	}
	return err.Error()
}

// stat looks for a file in the folders. A name with backslashes, which other systems have, is
// tried with slashes, too.
func (f *finder) stat(name string) (string, error) {
	var first error
	for _, name := range []string{filepath.FromSlash(name), strings.ReplaceAll(name, `\`, "/")} {
		for _, dir := range f.folders {
			path := name
			if !filepath.IsAbs(path) {
				path = filepath.Join(dir, path)
			}
			_, err := os.Stat(path)
			if err == nil {
				return path, nil
			}
			if first == nil {
				first = err
			}
		}
	}
	return "", first
}

// path is the file of a name, which may be a pattern that one file matches.
func (f *finder) path(name string) (path, trouble string) {
	path, err := f.stat(name)
	if err == nil {
		if info, err := os.Stat(path); err == nil && info.IsDir() {
			return "", "is a folder; --images-dir makes a row of each picture in one"
		}
		return path, ""
	}
	if !strings.ContainsAny(name, "*?[") {
		return "", f.missing(name)
	}
	matches := f.glob(name)
	switch len(matches) {
	case 0:
		return "", "matches no file"
	case 1:
		return matches[0], ""
	}
	var names []string
	for _, m := range matches {
		names = append(names, filepath.Base(m))
	}
	return "", fmt.Sprintf("matches %d files, and must match one: %s", len(matches),
		quoteAll(names))
}

// glob is the files that a pattern matches, in the first folder that has some.
func (f *finder) glob(pattern string) (matches []string) {
	pattern = filepath.FromSlash(pattern)
	for _, dir := range f.folders {
		whole := pattern
		if !filepath.IsAbs(whole) {
			whole = filepath.Join(dir, whole)
		}
		parent, base := filepath.Split(whole)
		if strings.ContainsAny(parent, "*?[") {
			matches, _ = filepath.Glob(whole)
		} else {
			for _, name := range f.list(parent) {
				if ok, _ := filepath.Match(base, name); ok {
					matches = append(matches, parent+name)
				}
			}
		}
		matches = slices.DeleteFunc(matches, func(path string) bool {
			info, err := os.Stat(path)
			return err != nil || info.IsDir()
		})
		if len(matches) > 0 {
			return matches
		}
	}
	return nil
}

// list is the names in a folder, read once.
func (f *finder) list(dir string) []string {
	names, ok := f.lists[dir]
	if !ok {
		entries, _ := os.ReadDir(filepath.Clean(dir))
		for _, e := range entries {
			names = append(names, e.Name())
		}
		f.lists[dir] = names
	}
	return names
}

// missing says that a file is not there, and guesses which was meant.
func (f *finder) missing(name string) string {
	dir, base := filepath.Split(filepath.FromSlash(name))
	for _, beside := range f.folders {
		whole := dir
		if !filepath.IsAbs(whole) {
			whole = filepath.Join(beside, dir)
		}
		names := f.list(whole + string(filepath.Separator))
		near := spell.Nearest(base, names)
		for _, n := range names {
			if strings.EqualFold(n, base) || strings.TrimSuffix(n, filepath.Ext(n)) == base {
				near = n
			}
		}
		if near != "" {
			return fmt.Sprintf("does not exist; did you mean %s?", filepath.ToSlash(dir)+near)
		}
	}
	return "does not exist; names are looked for beside the manifest, in " + f.folders[0]
}

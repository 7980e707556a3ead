package pictures

import (
	"fmt"
	"path"
	"regexp"
	"strconv"
	"strings"

	"github.com/qwenbatch/qwenbatch/batch/state"
	"github.com/qwenbatch/qwenbatch/manifests"
	"github.com/qwenbatch/qwenbatch/output/filename"
)

// This file decides what a picture is called, from an item of a manifest to a file in the folder:
//
//  1. Name, an item's: what the manifest says ([manifests.Item.Picture]: the file column, else
//     the template of [Rules], else the id), else the beginning of the prompt and of the key. It
//     is recorded when the item is sent, and again when Rename has changed it.
//  2. FileName, of each picture of a request: "_2", "_3"… after the first, what every system
//     takes, and the extension of what came.
//  3. Where another file has that name, "~2", "~3"… before the extension ([durable.Put]), which
//     a record tells and Stem ignores.

// Rules returns how a manifest names pictures whose rows do not: by a template, "" for none, of
// the given variables and slug, the beginning of a prompt as it stands in file names.
func Rules(template string, vars func(*manifests.Item) map[string]string) manifests.Names {
	withSlug := func(it *manifests.Item) map[string]string {
		all := vars(it)
		all["slug"] = filename.Slug(it.Prompt)
		return all
	}
	return manifests.Names{Template: template, Words: withSlug, File: func(want string) string {
		return strings.TrimSuffix(FileName(want, 0, ".png"), ".png")
	}}
}

// Name returns what the pictures of an item with that key are called, without number and
// extension.
func Name(it *manifests.Item, k state.Key) string {
	if name := it.Picture(); name != "" {
		return name
	}
	number := ""
	if it.Index > 1 {
		number = fmt.Sprintf("-%d", it.Index)
	}
	return fmt.Sprintf("%s-%.8s%s", filename.Slug(it.Prompt), k, number)
}

// FileName returns the name in the folder of the number-th picture of a request, from 0, whose
// pictures are called name. The extension starts with a dot.
func FileName(name string, number int, ext string) string {
	if number > 0 {
		name += "_" + strconv.Itoa(number+1)
	}
	return filename.Clean(name, ext)
}

// fileHash returns the [state.Entry.FileHash] of an item whose pictures are called name, if its
// first one is a PNG.
func fileHash(name string) uint64 { return hashIn(FileName(name, 0, ".png")) }

// HashOf returns the [state.Entry.FileHash] of the item whose first picture somebody names by its
// file, with a folder before it or without.
func HashOf(named string) uint64 { return hashIn(path.Base(strings.ReplaceAll(named, `\`, "/"))) }

var successors = regexp.MustCompile(`(~[0-9]+)+$`)

// stem returns the last element of a path without its extension, and without the "~2" of a
// picture whose name was taken, which may itself have ended so.
func stem(file string) string {
	base := path.Base(file)
	return successors.ReplaceAllString(base[:len(base)-len(path.Ext(base))], "")
}

// isNamed reports whether a file has the name of the number-th picture of a request, or one
// beside it, whatever its extension.
func isNamed(file, name string, number int) bool {
	return stem(file) == stem(FileName(name, number, ".png"))
}

// numberOf returns which picture of its request, from 0, the i-th one of a record is: some may not
// have been made. Its file has the name of the record, or the other one.
func numberOf(rec state.Record, other string, i int) int {
	file := rec.Pictures[i].File
	for number := range rec.Sent.N {
		if isNamed(file, rec.Name, number) || isNamed(file, other, number) {
			return number
		}
	}
	return i
}

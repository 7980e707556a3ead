package pictures

import (
	"path"
	"regexp"
	"strconv"

	"github.com/qwenbatch/qwenbatch/batch/state"
	"github.com/qwenbatch/qwenbatch/output/filename"
)

// FileName returns the name in the folder of the number-th picture of a request, from 0, where
// they are called name: the first has the plain name, the others have "_2", "_3"… appended. The
// extension starts with a dot.
func FileName(name string, number int, ext string) string {
	if number > 0 {
		name += "_" + strconv.Itoa(number+1)
	}
	return filename.Clean(name, ext)
}

// FileHash is the [state.Entry.FileHash] of an item whose first picture is called name.
func FileHash(name string) uint64 {
	return hashIn(FileName(name, 0, ".png"))
}

var successor = regexp.MustCompile(`~[0-9]+$`)

// Stem returns the last element of a path without its extension, and without the "~2" that a
// picture gets whose name is taken.
func Stem(file string) string {
	name := path.Base(file)
	return successor.ReplaceAllString(name[:len(name)-len(path.Ext(name))], "")
}

// isNamed reports whether a file has the name of the number-th picture of a request, or one
// beside it, whatever its extension.
func isNamed(file, name string, number int) bool {
	return Stem(file) == Stem(FileName(name, number, ".png"))
}

// numberOf returns which picture of its request the i-th one of a record is: some may not have been
// made. Its file has the name of the record, or the other one.
func numberOf(rec state.Record, other string, i int) int {
	file := rec.Pictures[i].File
	for number := range rec.Sent.N {
		if isNamed(file, rec.Name, number) || isNamed(file, other, number) {
			return number
		}
	}
	return i
}

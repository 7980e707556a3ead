package durable

import (
	"fmt"
	"path"
	"slices"
)

// Leftovers lists the parts in dir that a run which died has left, by names that d takes as they are
// (dir included). A part may hold a whole picture, see [Finish], or any beginning of one; of a PNG imagefile.Inspect
// tells which, of other formats nothing does. Nobody may be publishing meanwhile.
func Leftovers(d Disk, dir string) ([]string, error) {
	var parts []string
	for name, err := range d.List(dir) {
		if err != nil {
			return nil, fmt.Errorf("look for leftovers: %w", err)
		}
		if IsPart(name) {
			parts = append(parts, path.Join(dir, name))
		}
	}
	slices.Sort(parts)
	return parts, nil
}

package durable

import (
	"fmt"
	"path"
	"slices"
)

// Leftovers returns the parts in dir that a killed run has left, sorted, each with dir in its
// name. A part may hold a whole picture, see [Finish], or any beginning of one: for a PNG
// imagefile.Inspect decides that, for other formats nothing can. No process may publish
// meanwhile.
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

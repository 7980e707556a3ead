package output

import (
	"fmt"
	"path"
)

// Leftovers lists the parts in dir that a run which died has left, by names that d takes as they are
// (dir included). A part may hold a whole picture, see [Finish], or any beginning of one; of a PNG [Inspect]
// tells which, of other formats nothing does. Nobody may be publishing meanwhile.
func Leftovers(d Disk, dir string) ([]string, error) {
	entries, err := d.ReadDir(dir)
	if err != nil {
		return nil, fmt.Errorf("look for leftovers: %w", err)
	}
	var parts []string
	for _, entry := range entries {
		if entry.Type().IsRegular() && partPattern.MatchString(entry.Name()) {
			parts = append(parts, path.Join(dir, entry.Name()))
		}
	}
	return parts, nil
}

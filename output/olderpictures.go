package output

import (
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/qwenbatch/qwenbatch/output/durable"
)

// replacedDir is where pictures go that others have replaced. They keep their names, or get "~2"
// where that is taken.
const replacedDir = "images/replaced"

var numberedName = regexp.MustCompile(`~\d+$`)

// olderPictures lists the pictures that were replaced, by the names of those in their place.
type olderPictures map[string][]string

// findOlder looks through the folder once. A folder that cannot be read has none: they are shown
// beside newer pictures, and missed by nobody else.
func findOlder(disk durable.Disk) olderPictures {
	older := olderPictures{}
	if disk == nil {
		return older
	}
	for name, err := range disk.List(replacedDir) {
		if err != nil {
			break
		}
		stem := strings.TrimSuffix(name, path.Ext(name))
		for _, of := range slices.Compact([]string{stem, numberedName.ReplaceAllString(stem, "")}) {
			older[of] = append(older[of], replacedDir+"/"+name)
		}
	}
	for _, names := range older {
		slices.Sort(names)
	}
	return older
}

// of returns what a picture has replaced.
func (o olderPictures) of(file string) []string {
	return o[strings.TrimSuffix(path.Base(file), path.Ext(file))]
}

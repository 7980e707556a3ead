package output

// WorkbookMarks are the marks of a results.xlsx, by picture and sum.
type WorkbookMarks map[string]int

// of returns the marks of an item's pictures, nil where none is marked. What replaces a picture
// does not take over its mark.
func (kept WorkbookMarks) of(r Result) []int {
	if len(kept) == 0 {
		return nil
	}
	pictureFiles := r.Files()
	keeps, some := make([]int, len(pictureFiles)), false
	for i, file := range pictureFiles {
		keeps[i] = kept[file+" "+r.SHA256]
		some = some || keeps[i] != 0
	}
	if !some {
		return nil
	}
	return keeps
}

package output

import (
	"bytes"
	"cmp"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"path"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// A Mark is what somebody thinks of a picture.
type Mark struct {
	Row    int    // of the manifest; 0 if nobody knows
	ID     string // of the item
	File   string // relative to the output folder
	SHA256 string // of the item's first picture when it was marked; several, if nobody knows whose
	Keep   int    // 1 is picked, -1 is rejected, 0 is neither
}

// A MarksError is a mistake in a file of marks.
type MarksError struct {
	Row  int // of the file, from 1; 0 is the file as a whole
	Text string
}

func (e *MarksError) Error() string {
	if e.Row == 0 {
		return e.Text
	}
	return fmt.Sprintf("row %d: %s", e.Row, e.Text)
}

// The columns of marks, in picks.csv and results.xlsx. A workbook whose own sheet has a column
// keep has ours as result.keep.
var keepNames = []string{resultPrefix + keepName, resultPrefix + keepNameChinese, keepName,
	keepNameChinese}

const (
	pickedSign   = "✓"
	rejectedSign = "✗"
)

// keepOf reads a cell of a keep column.
func keepOf(cell string) (keep int, ok bool) {
	switch strings.ToLower(strings.TrimSpace(cell)) {
	case "":
		return 0, true
	case pickedSign, "✔", "√", "yes", "y", "是", "挑选":
		return 1, true
	case rejectedSign, "✘", "×", "x", "no", "n", "否", "淘汰":
		return -1, true
	}
	return 0, false
}

func signOf(keep int) string {
	return map[int]string{1: pickedSign, -1: rejectedSign}[keep]
}

// ReadMarks reads the marks of a picks.csv that report.html has saved, or those that somebody
// made in the keep column of a results.xlsx; the name says which. They are in the order of the
// sheet; those that are no mistakes also with an error, which joins a [MarksError] for each mistake.
func ReadMarks(name string, file io.Reader) ([]Mark, error) {
	b, err := io.ReadAll(file)
	if err != nil {
		return nil, err
	}
	read := csvMarks
	if strings.EqualFold(path.Ext(name), ".xlsx") {
		read = workbookMarks
	}
	marks, err := read(b)
	slices.SortStableFunc(marks, func(a, b Mark) int { return cmp.Compare(a.Row, b.Row) })
	return marks, err
}

// markColumns are the places of the columns of a header, -1 where it has none.
type markColumns struct{ row, id, picture, hash, keep int }

// findMarkColumns finds them; ok is false where the header is not one of marks.
func findMarkColumns(header []string) (c markColumns, ok bool) {
	find := func(names ...string) int {
		for _, name := range names {
			if i := slices.Index(header, name); i >= 0 {
				return i
			}
		}
		return -1
	}
	ours := func(name string) int { return find(resultPrefix+name, name) }
	c = markColumns{ours("row"), ours("id"), ours("file"), ours("sha256"), find(keepNames...)}
	return c, c.keep >= 0 && c.picture >= 0
}

func cellAt(cells []string, i int) string {
	if i < 0 || i >= len(cells) {
		return ""
	}
	return strings.TrimSpace(cells[i])
}

// csvMarks reads a picks.csv, also as spreadsheets save it: with ";" or tabs.
func csvMarks(b []byte) ([]Mark, error) {
	b = bytes.TrimPrefix(b, []byte("\xEF\xBB\xBF"))
	if !utf8.Valid(b) {
		return nil, &MarksError{Text: "is not UTF-8: save it as CSV UTF-8"}
	}
	r := csv.NewReader(bytes.NewReader(b))
	r.FieldsPerRecord = -1
	first, _, _ := bytes.Cut(b, []byte("\n"))
	if i := bytes.IndexAny(first, ",;\t"); i >= 0 {
		r.Comma = rune(first[i])
	}
	rows, err := r.ReadAll()
	if err != nil {
		return nil, &MarksError{Text: err.Error()}
	}
	if len(rows) == 0 {
		rows = [][]string{nil}
	}
	columns, ok := findMarkColumns(rows[0])
	if !ok {
		return nil, &MarksError{Row: 1, Text: "there are no columns file and keep"}
	}
	var marks []Mark
	for i, cells := range rows[1:] {
		some, mistake := columns.marks(cells, i+2)
		err = errors.Join(err, mistake)
		for _, m := range some {
			m.Row, _ = strconv.Atoi(cellAt(cells, columns.row)) // without it they stay in their order
			marks = append(marks, m)
		}
	}
	return marks, err
}

// marks returns the marks of a row. One of several pictures has a sign and a file a line, or one
// sign for all.
func (c markColumns) marks(cells []string, row int) ([]Mark, error) {
	names := strings.Split(cellAt(cells, c.picture), nextFile)
	for i := range names {
		names[i] = strings.TrimSpace(names[i])
	}
	signs := []string{""}
	if c.keep < len(cells) {
		signs = strings.Split(strings.ReplaceAll(cells[c.keep], "\r\n", "\n"), "\n")
	}
	if len(signs) > 1 && len(signs) != len(names) {
		return nil, &MarksError{row, fmt.Sprintf("keep has %d lines for %d pictures: write one %s "+
			"or %s for all of them, or a line for each", len(signs), len(names), pickedSign,
			rejectedSign)}
	}
	hashes := strings.Fields(cellAt(cells, c.hash))
	var marks []Mark
	for i, file := range names {
		sign := signs[0]
		if len(signs) > 1 {
			sign = cellAt(signs, i)
		}
		keep, ok := keepOf(sign)
		if !ok {
			return nil, &MarksError{row, fmt.Sprintf("keep says %q: write %s or %s", sign,
				pickedSign, rejectedSign)}
		}
		m := Mark{row, cellAt(cells, c.id), file, strings.Join(hashes, " "), keep}
		if len(hashes) == len(names) {
			m.SHA256 = hashes[i]
		}
		if keep != 0 && file != "" {
			marks = append(marks, m)
		}
	}
	return marks, nil
}

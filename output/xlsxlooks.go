package output

import (
	"errors"

	"github.com/xuri/excelize/v2"
)

// cellStyle is the style of a column's cells.
type cellStyle int

const (
	plainStyle cellStyle = iota
	textStyle
	moneyStyle
	linkStyle
	pictureStyle
	statusStyle
	keepStyle
)

// looks are the styles of a workbook, by their numbers in it.
type looks struct {
	header   int
	heading  int // of result columns beside a header without a style
	styles   map[cellStyle]int
	statuses map[string]int
}

// statusColours are background and text colour by status, as in the light theme of report.html.
var statusColours = map[string][2]string{
	"done":      {"E3F1E9", "1F6B47"},
	"failed":    {"FBE4DF", "9A2F1E"},
	"held":      {"FBEFD5", "7A4E00"},
	"missing":   {"F0E5F7", "6B3F8A"},
	"running":   {"E1ECF9", "245690"},
	"pending":   {"EFEEEB", "5F5C56"},
	"skipped":   {"EFEEEB", "5F5C56"},
	"abandoned": {"EFEEEB", "5F5C56"},
}

func newLooks(file *excelize.File) (looks, error) {
	l := looks{styles: map[cellStyle]int{}, statuses: map[string]int{}}
	var errs []error
	family, err := file.GetDefaultFont()
	if err != nil {
		return l, err
	}
	made := func(font excelize.Font, fill excelize.Fill, horizontal, format string) int {
		font.Family, font.Size = family, 11
		style := &excelize.Style{
			Font: &font, Fill: fill,
			Border: []excelize.Border{{Type: "bottom", Color: "E3E0DA", Style: 1}},
			Alignment: &excelize.Alignment{
				Vertical: "center", Horizontal: horizontal, WrapText: format == "",
			},
		}
		if format != "" {
			style.CustomNumFmt = &format
		}
		id, err := file.NewStyle(style)
		errs = append(errs, err)
		return id
	}
	none := excelize.Fill{}
	l.header = made(excelize.Font{Bold: true, Color: "FFFFFF"}, filled("245C4F"), "left", "")
	l.heading = made(excelize.Font{Bold: true}, none, "left", "")
	l.styles[plainStyle] = made(excelize.Font{}, none, "", "General")
	l.styles[pictureStyle] = l.styles[plainStyle]
	l.styles[textStyle] = made(excelize.Font{}, none, "left", "")
	l.styles[moneyStyle] = made(excelize.Font{}, none, "center", "0.00##")
	l.styles[keepStyle] = made(excelize.Font{Bold: true}, none, "center", "")
	underlined := excelize.Font{Color: "1F5FA8", Underline: "single"}
	l.styles[linkStyle] = made(underlined, none, "left", "")
	for status, c := range statusColours {
		bold := excelize.Font{Bold: true, Color: c[1]}
		l.statuses[status] = made(bold, filled(c[0]), "center", "")
	}
	return l, errors.Join(errs...)
}

func filled(colour string) excelize.Fill {
	return excelize.Fill{Type: "pattern", Pattern: 1, Color: []string{colour}}
}

// of returns a cell's style; an unknown status is plain text.
func (l looks) of(s cellStyle, status string) int {
	if s != statusStyle {
		return l.styles[s]
	}
	if id, known := l.statuses[status]; known {
		return id
	}
	return l.styles[textStyle]
}

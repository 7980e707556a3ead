package manifests

import (
	"fmt"
	"slices"

	"github.com/qwenbatch/qwenbatch/manifests/xlsx"

	"github.com/xuri/excelize/v2"
)

// maxPicturedRows bounds how many rows pictures in merged cells may be those of.
const maxPicturedRows = 1 << 20

// sheetPictures are the pictures of a sheet that its rows show.
type sheetPictures struct {
	named map[string]xlsx.Picture // by what they are called, as a cell would name a file
	rows  map[int][]string        // their names, by row

	// columns says that they stand in the columns of pictures, where one makes a row of a blank one.
	columns bool
}

// takePictures makes the pictures of the sheet those of the rows in which they stand, and says so.
// Where some stand in the columns of pictures, others are for show.
func (s *sheet) takePictures(o Options) (told ErrorList, err error) {
	if column, said := o.Columns[fieldImage.String()]; said && column == "" {
		return told, nil
	}
	shown, previews := s.shownPictures()
	inColumns := slices.DeleteFunc(slices.Clone(shown),
		func(p xlsx.Picture) bool { return !s.ofPictures(p.Column) })
	all := len(shown)
	if s.pictures.columns = len(inColumns) > 0; s.pictures.columns {
		shown = inColumns
	}
	if err := s.pictures.name(shown); err != nil {
		return told, inBook(s.path, err)
	}
	taken, err := s.keepPictures()
	if err != nil || taken == 0 && previews == 0 {
		return told, err
	}
	text := amount(taken, "picture") + " of the sheet " + isAre(taken) + " taken as the rows' pictures"
	if taken == 1 {
		text = "1 picture of the sheet is taken as the picture of its row"
	}
	if left := all - taken; left > 0 {
		text += fmt.Sprintf("; %d at other places %s left out", left, isAre(left))
	}
	if previews > 0 {
		text += fmt.Sprintf("; %d that %s to files %s left out", previews, linkLinks(previews),
			isAre(previews))
	}
	if n := altered(s.pictures.named); n > 0 {
		text += fmt.Sprintf("; %d that %s cropped or turned in the sheet %s sent whole and upright", n,
			isAre(n), isAre(n))
	}
	if taken > 0 && !s.pictures.columns && o.TakesPictures != nil {
		text += " where the model takes any"
	}
	if taken > 0 {
		text += "; --column image= leaves them out"
	}
	told.add(Error{Pos: Position{File: s.path, Cell: quotedSheet(s.name)}, Text: text})
	return told, nil
}

func isAre(n int) string {
	if n == 1 {
		return "is"
	}
	return "are"
}

func linkLinks(n int) string {
	if n == 1 {
		return "links"
	}
	return "link"
}

func altered(named map[string]xlsx.Picture) (n int) {
	for _, p := range named {
		if p.Altered {
			n++
		}
	}
	return n
}

// ofPictures reports whether a column is one of pictures.
func (s *sheet) ofPictures(column int) bool {
	return column == s.header.index[fieldImage] || slices.Contains(s.header.images, column)
}

// shownPictures are those below the header, without the thumbnails of an earlier run, and how many
// others link to files.
func (s *sheet) shownPictures() (shown []xlsx.Picture, previews int) {
	for _, p := range s.grid.Pictures {
		switch {
		case s.header.width == 0, p.Row <= s.number, slices.Contains(s.header.results.columns, p.Column),
			s.visibleOnly && s.grid.HiddenColumn(p.Column):
		case p.Preview:
			previews++
		default:
			shown = append(shown, p)
		}
	}
	return shown, previews
}

// name calls pictures by their cells, and gives them to the rows of these.
func (p *sheetPictures) name(shown []xlsx.Picture) error {
	p.named, p.rows = map[string]xlsx.Picture{}, map[int][]string{}
	count, covered := map[string]int{}, 0
	for _, picture := range shown {
		place, _ := excelize.CoordinatesToCellName(picture.Column+1, picture.Row)
		name := "picture in " + place
		if count[place]++; count[place] > 1 {
			name = fmt.Sprintf("picture %d in %s", count[place], place)
		}
		p.named[name] = picture
		if covered += picture.Bottom - picture.Row + 1; covered > maxPicturedRows {
			return &xlsx.Error{Text: fmt.Sprintf(
				"its pictures stand in merged cells of more than %d rows", maxPicturedRows)}
		}
		for n := picture.Row; n <= picture.Bottom; n++ {
			p.rows[n] = append(p.rows[n], name)
		}
	}
	return nil
}

// keepPictures forgets the pictures of rows that are not read, and counts the others.
func (s *sheet) keepPictures() (int, error) {
	if len(s.pictures.named) == 0 {
		return 0, nil
	}
	rows, named := map[int][]string{}, map[string]xlsx.Picture{}
	r := s.grid.Reader()
	for r.Next() {
		n := r.Row().Number
		if s.passes(r.Row()) {
			continue
		}
		for _, name := range s.pictures.rows[n] {
			rows[n] = append(rows[n], name)
			named[name] = s.pictures.named[name]
		}
	}
	s.pictures.rows, s.pictures.named = rows, named
	return len(named), r.Err()
}

// passes reports whether a row is none of the manifest.
func (s *sheet) passes(r *xlsx.Row) bool {
	return r.Number <= s.number || s.leftOut(r) ||
		isBlankRow(r) && !(s.pictures.columns && len(s.pictures.rows[r.Number]) > 0)
}

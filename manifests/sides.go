package manifests

import (
	"fmt"
	"slices"
)

// sides are the places, among the carried-through columns and from 1, of a width and a height
// that together are the size of a picture; 0 where there is none.
type sides [2]int

// sideNames are the headers of a width and of a height, as plainName writes them.
var sideNames = [2][]string{
	{"width", "imagewidth", "picwidth", "imgwidth", "outputwidth", "widthpx", "w", "宽", "宽度", "寬", "寬度",
		"图片宽度", "图宽"},
	{"height", "imageheight", "picheight", "imgheight", "outputheight", "heightpx", "h", "高",
		"高度", "图片高度", "图高"},
}

// findSides finds a width and a height among carried-through columns.
func findSides(names []string) (s sides) {
	for i, known := range sideNames {
		s[i] = 1 + slices.IndexFunc(names, func(name string) bool {
			return slices.Contains(known, plainName(name))
		})
	}
	return s
}

func (s sides) whole() bool { return s[0] > 0 && s[1] > 0 }

// lonelySides warn of a width or a height that is not the size: it stands alone, or beside one.
func lonelySides(names []string, sized bool) (slips []headerFault) {
	s := findSides(names)
	other := [2]string{"height", "width"}
	for i, place := range s {
		column := place - 1
		switch {
		case column < 0 || len(plainName(names[column])) == 1:
		case sized:
			slips = append(slips, headerFault{column, fmt.Sprintf(
				"%q is only carried along, as another column is the size", names[column])})
		case !s.whole():
			slips = append(slips, headerFault{column, fmt.Sprintf(
				"%q is only carried along; with a column %s beside it, both would be the size",
				names[column], other[i])})
		}
	}
	return slips
}

// takeSides makes the size of width and height where a sheet has both and nothing else gives it.
func (r *reading) takeSides(in input) {
	names := r.source.columns()
	r.sides = findSides(names)
	_, chosen := in.options.Columns[fieldSize.String()]
	for _, f := range r.source.headers() {
		chosen = chosen || f == fieldSize
	}
	if chosen || !r.sides.whole() {
		r.sides = sides{}
		return
	}
	r.guesses.add(Error{Pos: Position{File: in.path}, Text: fmt.Sprintf(
		"%q and %q are read as the size; with --column size= they are only carried along",
		names[r.sides[0]-1], names[r.sides[1]-1])})
}

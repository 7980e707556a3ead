package xlsx

import (
	"encoding/xml"
	"strconv"
	"strings"
)

// A pic is a picture as an element of a drawing describes it.
type pic struct {
	name    string
	embed   string // the relation to its content
	link    string // the relation to content outside the workbook
	click   string // the relation to what it is a link to
	hidden  bool
	altered bool
}

// readPic reads the element that has just begun.
func readPic(x *xmlReader) (p pic) {
	for start := range x.elements() {
		p.take(start)
	}
	return p
}

func (p *pic) take(e xml.StartElement) {
	switch e.Name.Local {
	case "cNvPr":
		p.name = attribute(e, "name")
		p.hidden = isHidden(e, "none")
	case "hlinkClick":
		p.click = attribute(e, "id")
	case "blip":
		p.embed, p.link = attribute(e, "embed"), attribute(e, "link")
	case "srcRect":
		p.altered = p.altered || says(e, "l", "t", "r", "b")
	case "xfrm":
		p.altered = p.altered || says(e, "rot", "flipH", "flipV")
	}
}

// says reports whether one of some attributes is there and not 0.
func says(e xml.StartElement, names ...string) bool {
	for _, name := range names {
		if value := attribute(e, name); value != "" && value != "0" && value != "false" {
			return true
		}
	}
	return false
}

// floating are the pictures that lie on a sheet, at the cells of their top left corners. Those that
// lie at no cell are left out.
func (w *Workbook) floating(sheet string) (found []Picture, err error) {
	related, err := w.relations(sheet)
	if err != nil {
		return nil, err
	}
	for _, r := range related {
		if !r.is("drawing") || w.parts[r.Target] == nil {
			continue
		}
		targets, err := w.targets(r.Target)
		if err != nil {
			return nil, err
		}
		err = w.elements(r.Target, func(x *xmlReader, e xml.StartElement) error {
			if e.Name.Local == "twoCellAnchor" || e.Name.Local == "oneCellAnchor" {
				found = append(found, w.anchored(x, targets)...)
			}
			if len(found) > maxPictures {
				return tooManyPictures()
			}
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	return found, nil
}

// anchored are the pictures of the anchor that has just begun: one, or those of a group.
func (w *Workbook) anchored(x *xmlReader, targets map[string]string) (found []Picture) {
	var at Picture
	for start := range x.elements() {
		switch start.Name.Local {
		case "from":
			at = corner(x)
		case "Fallback": // the same for programs that do not know what stands before
			x.skip()
		case "pic":
			if p := readPic(x); !p.hidden && (p.embed != "" || p.link != "") {
				found = append(found, w.picture(at, p, targets))
			}
		}
	}
	return found
}

// picture is one at a place.
func (w *Workbook) picture(at Picture, p pic, targets map[string]string) Picture {
	at.part, at.Altered = w.parts[targets[p.embed]], p.altered
	if to := targets[p.click]; to != "" {
		at.Preview = !strings.Contains(to, "#") &&
			(strings.Contains(to, "file:") || !strings.Contains(to, ":"))
	}
	return at
}

// corner reads the cell of a corner, and where in it the corner is.
func corner(x *xmlReader) (p Picture) {
	for start := range x.elements() {
		n, err := strconv.ParseInt(strings.TrimSpace(plainText(x)), 10, 64)
		if err != nil {
			continue
		}
		switch start.Name.Local {
		case "col":
			p.Column = int(min(max(n, 0), MaxColumns-1))
		case "row":
			p.Row = int(min(max(n, 0), maxRows-1)) + 1
		case "colOff":
			p.x = n
		case "rowOff":
			p.y = n
		}
	}
	return p
}

// targets are the relations of a part by their names.
func (w *Workbook) targets(part string) (map[string]string, error) {
	related, err := w.relations(part)
	targets := make(map[string]string, len(related))
	for _, r := range related {
		targets[r.ID] = r.Target
	}
	return targets, err
}

// elements visits the elements of a part as they begin; one that the visitor reads is passed. A part
// that is not there has none.
func (w *Workbook) elements(part string, visit func(*xmlReader, xml.StartElement) error) error {
	if w.parts[part] == nil {
		return nil
	}
	return w.each(part, func(x *xmlReader) error {
		for token := x.next(); token != nil; token = x.next() {
			if start, ok := token.(xml.StartElement); ok {
				if err := visit(x, start); err != nil {
					return err
				}
			}
		}
		return nil
	})
}

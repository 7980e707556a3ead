package xlsx

import (
	"archive/zip"
	"encoding/xml"
	"strconv"
	"strings"
)

// cellPictures are the pictures that stand in cells: of WPS, which writes a formula
// DISPIMG("ID_…"), and of Excel, where a cell has a rich value by number. Excel shows such a cell
// as an error to programs that do not know them.
type cellPictures struct {
	named map[string]Picture
	rich  []*zip.File // by the number of the metadata, from 1 as cells have it; nil for other values
}

// inCells finds the pictures that cells may show.
func (w *Workbook) inCells() (c cellPictures, err error) {
	if c.named, err = w.namedPictures(w.related["cellImage"]); err != nil {
		return c, err
	}
	c.rich, err = w.richPictures()
	return c, err
}

// namedPictures are those of WPS, by their names.
func (w *Workbook) namedPictures(part string) (map[string]Picture, error) {
	if w.parts[part] == nil {
		return nil, nil
	}
	targets, err := w.targets(part)
	if err != nil {
		return nil, err
	}
	named := map[string]Picture{}
	err = w.elements(part, func(x *xmlReader, e xml.StartElement) error {
		if e.Name.Local != "pic" {
			return nil
		}
		p := readPic(x)
		if named[p.name] = w.picture(Picture{}, p, targets); len(named) > maxPictures {
			return tooManyPictures()
		}
		return nil
	})
	return named, err
}

// shown is the picture that a cell shows, if it shows one.
func (c *cellPictures) shown(raw rawCell) (Picture, bool) {
	if name := imageName(raw.formulaText); name != "" {
		return c.named[name], true // without a part where it is not there
	}
	if raw.meta > 0 && raw.meta <= len(c.rich) {
		part := c.rich[raw.meta-1]
		return Picture{part: part}, part != nil
	}
	return Picture{}, false
}

// imageName is the name in a formula DISPIMG("ID_…",1), "" in any other.
func imageName(formula string) string {
	formula = strings.TrimPrefix(strings.TrimPrefix(formula, "="), "_xlfn.")
	name, ok := strings.CutPrefix(formula, `DISPIMG("`)
	if !ok {
		return ""
	}
	name, _, _ = strings.Cut(name, `"`)
	return name
}

// richPictures are those of Excel. A cell has the number of an entry of the metadata, that the number
// of a value, that the number of a relation to the content ([MS-XLSX] 2.2.4.11, 2.6.205).
func (w *Workbook) richPictures() ([]*zip.File, error) {
	if w.parts[w.related["sheetMetadata"]] == nil || w.parts[w.related["rdRichValue"]] == nil {
		return nil, nil
	}
	local, err := w.contentList(w.related["richValueRel"], "rel")
	if err != nil {
		return nil, err
	}
	web, err := w.contentList(w.related["rdRichValueWebImage"], "blip")
	if err != nil {
		return nil, err
	}
	keys, err := w.pictureKeys(w.related["rdRichValueStructure"])
	if err != nil {
		return nil, err
	}
	values, err := w.richValues(keys, local, web)
	if err != nil {
		return nil, err
	}
	return w.richCells(values)
}

// contentList is the content to which the elements of a name lead, in their order.
func (w *Workbook) contentList(part, name string) (list []*zip.File, err error) {
	if w.parts[part] == nil {
		return nil, nil
	}
	targets, err := w.targets(part)
	if err != nil {
		return nil, err
	}
	err = w.elements(part, func(_ *xmlReader, e xml.StartElement) error {
		if e.Name.Local == name {
			list = append(list, w.parts[targets[attribute(e, "id")]])
		}
		return boundValues(len(list))
	})
	return list, err
}

// A pictureKey tells which of the values of a structure leads to a picture, from 0.
type pictureKey struct{ local, web int }

func (w *Workbook) pictureKeys(part string) (keys []pictureKey, err error) {
	at := 0
	err = w.elements(part, func(_ *xmlReader, e xml.StartElement) error {
		switch e.Name.Local {
		case "s":
			keys, at = append(keys, pictureKey{-1, -1}), 0
		case "k":
			if len(keys) == 0 {
				return nil
			}
			switch last := &keys[len(keys)-1]; attribute(e, "n") {
			case "_rvRel:LocalImageIdentifier":
				last.local = at
			case "WebImageIdentifier":
				last.web = at
			}
			at++
		}
		return boundValues(len(keys))
	})
	return keys, err
}

// richValues are the pictures that are values, nil for others.
func (w *Workbook) richValues(keys []pictureKey, local, web []*zip.File) (values []*zip.File, err error) {
	key, at := pictureKey{-1, -1}, 0
	err = w.elements(w.related["rdRichValue"], func(x *xmlReader, e xml.StartElement) error {
		switch e.Name.Local {
		case "rv":
			values, at, key = append(values, nil), 0, pictureKey{-1, -1}
			if i, ok := index(attribute(e, "s"), len(keys)); ok {
				key = keys[i]
			}
		case "v":
			list := map[int][]*zip.File{key.web: web, key.local: local}[at]
			if i, ok := index(plainText(x), len(list)); ok && len(values) > 0 {
				values[len(values)-1] = list[i]
			}
			at++
		}
		return boundValues(len(values))
	})
	return values, err
}

// richCells are the pictures by the numbers that cells have.
func (w *Workbook) richCells(values []*zip.File) (cells []*zip.File, err error) {
	var future []*zip.File
	types, rich, section := 0, 0, ""
	err = w.elements(w.related["sheetMetadata"], func(_ *xmlReader, e xml.StartElement) error {
		switch e.Name.Local {
		case "metadataType":
			if types++; attribute(e, "name") == "XLRICHVALUE" {
				rich = types
			}
		case "futureMetadata":
			section = attribute(e, "name")
		case "valueMetadata", "cellMetadata":
			section = e.Name.Local
		case "bk":
			switch section {
			case "XLRICHVALUE":
				future = append(future, nil)
			case "valueMetadata":
				cells = append(cells, nil)
			}
		case "rvb":
			if i, ok := index(attribute(e, "i"), len(values)); ok && len(future) > 0 {
				future[len(future)-1] = values[i]
			}
		case "rc":
			i, ok := index(attribute(e, "v"), len(future))
			if ok && len(cells) > 0 && section == "valueMetadata" &&
				attribute(e, "t") == strconv.Itoa(rich) {
				cells[len(cells)-1] = future[i]
			}
		}
		return boundValues(max(len(future), len(cells)))
	})
	return cells, err
}

// index reads the number of an entry among so many.
func index(text string, count int) (int, bool) {
	i, err := strconv.Atoi(strings.TrimSpace(text))
	return i, err == nil && i >= 0 && i < count
}

func boundValues(n int) error {
	if n > maxRows {
		return refuse("has more than %d rich values", maxRows)
	}
	return nil
}

package output

import (
	"encoding/xml"
	"fmt"
	"path"
	"regexp"
	"strconv"
	"strings"

	"github.com/xuri/excelize/v2"
)

// sheetDrawing returns the name of the part that holds what floats over a sheet, or "" if the
// sheet has none.
func sheetDrawing(file *excelize.File, sheet string) string {
	var book struct {
		Sheets []struct {
			Name string `xml:"name,attr"`
			ID   string `xml:"http://schemas.openxmlformats.org/officeDocument/2006/relationships id,attr"`
			// the same in a strict workbook
			Strict string `xml:"http://purl.oclc.org/ooxml/officeDocument/relationships id,attr"`
		} `xml:"sheets>sheet"`
	}
	workbook := related(file, "", "", "/officeDocument")
	if xml.Unmarshal(partOf(file, workbook), &book) != nil {
		return ""
	}
	for _, s := range book.Sheets {
		if s.Name == sheet {
			return related(file, related(file, workbook, s.ID+s.Strict, ""), "", "/drawing")
		}
	}
	return ""
}

func partOf(file *excelize.File, name string) []byte {
	b, _ := file.Pkg.Load(name)
	content, _ := b.([]byte)
	return content
}

// related returns the part to which another one has a relationship with this id, or of the kind
// with which its type ends.
func related(file *excelize.File, from, id, kind string) string {
	var list struct {
		Relationship []struct {
			ID     string `xml:"Id,attr"`
			Type   string `xml:"Type,attr"`
			Target string `xml:"Target,attr"`
		}
	}
	folder, name := path.Split(from)
	if xml.Unmarshal(partOf(file, folder+"_rels/"+name+".rels"), &list) != nil {
		return ""
	}
	for _, r := range list.Relationship {
		if id != "" && r.ID != id || !strings.HasSuffix(r.Type, kind) {
			continue
		}
		if absolute, ok := strings.CutPrefix(r.Target, "/"); ok {
			return absolute
		}
		return path.Join(folder, r.Target)
	}
	return ""
}

const reserved = "-reserved-"

// reserveNames keeps excelize from giving a new part the name of another: it counts parts and
// takes the next number, which a part has if one before it was deleted. It adds empty parts
// until the count has passed the largest number; removeReserved removes them.
func reserveNames(file *excelize.File) {
	for _, prefix := range []string{"xl/drawings/drawing", "xl/media/image"} {
		numbered := regexp.MustCompile(regexp.QuoteMeta(prefix) + `(\d+)\.`)
		count, largest := 0, 0
		for name := range file.Pkg.Range {
			if !strings.Contains(name.(string), prefix) {
				continue
			}
			count++
			if m := numbered.FindStringSubmatch(name.(string)); m != nil {
				n, _ := strconv.Atoi(m[1]) // an error is unreachable unless out of range
				largest = max(largest, n)
			}
		}
		for ; count < min(largest, excelize.TotalRows); count++ {
			file.Pkg.Store(fmt.Sprint(prefix, reserved, count), []byte{})
		}
	}
}

func removeReserved(file *excelize.File) {
	for name := range file.Pkg.Range {
		if strings.Contains(name.(string), reserved) {
			file.Pkg.Delete(name)
		}
	}
}

package output

import (
	"bytes"
	"image/jpeg"
	"strings"

	"github.com/xuri/excelize/v2"

	"github.com/qwenbatch/qwenbatch/output/durable"
)

// The size in pixels of a cell with thumbnails. A character is 7 pixels wide, a point 4/3 high.
const (
	boxWidth, boxHeight = 176, 116
	boxMargin           = 4
	pictureChars        = (boxWidth + 2*boxMargin - 5) / 7.0
	rowPoints           = (boxHeight + 2*boxMargin) * 3 / 4.0

	// sizedRowPoints keeps the end of a picture in its row, too: excelize reckons with rows that
	// are lower by 3 in 3.4.
	sizedRowPoints = (boxHeight + boxMargin) * 3.4 / 4.0
)

const (
	// defaultThumbnails take a second or two to add; twice as many take four times that.
	defaultThumbnails = 5000

	// linkLimit bounds the same cost; Excel itself takes 65,530 links a sheet.
	linkLimit = 10000

	// boxPictures is how many pictures of one row are shown, as four quarters.
	boxPictures = 4
)

// pictures adds thumbnails and links to a sheet, up to their limits.
type pictures struct {
	file              *excelize.File
	sheet             string
	disk              durable.Disk
	thumbnails, links int // how many may still be added

	// sized says that the file knows the heights of its rows
	sized bool
}

func newPictures(file *excelize.File, sheet string, book Book) pictures {
	p := pictures{file: file, sheet: sheet, disk: book.Disk, thumbnails: book.Thumbnails,
		links: linkLimit}
	if p.thumbnails == 0 {
		p.thumbnails = defaultThumbnails
	}
	return p
}

// shot is a picture of a row and its thumbnail.
type shot struct {
	file, alt     string
	jpeg          []byte
	width, height int
}

// place puts thumbnails into a cell.
func (p *pictures) place(cell string, shots []shot) error {
	for i, s := range shots {
		if err := p.put(cell, s, quarter(i, len(shots))); err != nil {
			return err
		}
		p.thumbnails--
	}
	return nil
}

// shots returns the pictures of a row that have thumbnails.
func (p *pictures) shots(results []Result) []shot {
	var shots []shot
	for _, r := range results {
		for _, file := range r.Files() {
			if p.disk == nil || r.Status == "missing" ||
				len(shots) >= min(boxPictures, p.thumbnails) {
				return shots
			}
			b, err := readPicture(p.disk, bookThumbName(file, r.SHA256))
			if err != nil { // none was wanted when the page's was made
				b, err = readPicture(p.disk, ThumbName(file, r.SHA256))
			}
			if err != nil {
				continue // no thumbnail; the row has a link
			}
			c, err := jpeg.DecodeConfig(bytes.NewReader(b))
			if err != nil || c.Width == 0 || c.Height == 0 {
				continue // damaged by a power cut
			}
			shots = append(shots, shot{file: file, alt: r.Prompt, jpeg: b, width: c.Width,
				height: c.Height})
		}
	}
	return shots
}

// area is a part of a cell in pixels.
type area struct{ x, y, width, height int }

// quarter returns the place of the i-th of n pictures: one takes the box, two its halves, more
// its quarters.
func quarter(i, n int) area {
	a := area{boxMargin, boxMargin, boxWidth, boxHeight}
	if n > 1 {
		a.width /= 2
		a.x += i % 2 * a.width
	}
	if n > 2 {
		a.height /= 2
		a.y += i / 2 * a.height
	}
	return a
}

// put adds a thumbnail. It ends in the cell where it begins, so that it is hidden with its row,
// by a filter say, and does not lie on the next one. Where rows are streamed it is anchored to
// its beginning only: for the end excelize needs the heights of rows, which it does not know
// then, and pictures would stretch over the wrong rows.
func (p *pictures) put(cell string, s shot, a area) error {
	const gap = 2
	scale := min(float64(a.width-gap)/float64(s.width), float64(a.height-gap)/float64(s.height))
	positioning := "oneCell"
	if p.sized {
		positioning = "twoCell"
	}
	format := &excelize.GraphicOptions{
		Positioning: positioning, LockAspectRatio: true, ScaleX: scale, ScaleY: scale,
		OffsetX: a.x + (a.width-int(scale*float64(s.width)))/2,
		OffsetY: a.y + (a.height-int(scale*float64(s.height)))/2,
		AltText: altText(s.alt), Hyperlink: address(s.file), HyperlinkType: "External",
	}
	return p.file.AddPictureFromBytes(p.sheet, cell,
		&excelize.Picture{Extension: ".jpg", File: s.jpeg, Format: format})
}

// altText is the beginning of a prompt, of 400 bytes at most.
func altText(prompt string) string {
	prompt = plainText(prompt)
	return strings.ToValidUTF8(prompt[:min(len(prompt), 400)], "")
}

// style returns the style of a cell: after the last link, a file name must not look like one.
func (p *pictures) style(c bookColumn) cellStyle {
	if c.style == linkStyle && p.links == 0 {
		return textStyle
	}
	return c.style
}

// linkTo links a cell to the first picture of a row.
func (p *pictures) linkTo(cell string, results []Result) error {
	for _, r := range results {
		if linked := r.Files(); len(linked) > 0 && r.Status != "missing" && p.links > 0 {
			p.links--
			return p.file.SetCellHyperLink(p.sheet, cell, address(linked[0]), "External")
		}
	}
	return nil
}

// address returns a file as a link from the output folder, where the workbook is. It escapes
// only what would end or change the link: Excel writes Chinese names as they are, and old
// versions read escaped ones in the system's encoding.
func address(file string) string { return linkEscapes.Replace(file) }

var linkEscapes = strings.NewReplacer("%", "%25", "#", "%23", "?", "%3F", " ", "%20", "\"", "%22",
	"<", "%3C", ">", "%3E", "[", "%5B", "]", "%5D", "^", "%5E", "`", "%60", "{", "%7B", "}", "%7D", "\\", "%5C")

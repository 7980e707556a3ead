package output

import (
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"html"
	"io"
	"io/fs"
	"iter"
	"regexp"
	"strings"
	"time"

	"github.com/qwenbatch/qwenbatch/output/durable"
)

// A Page is the contents of report.html apart from its rows. The zero value is a page without a
// head.
type Page struct {
	Title     string         // "" is the manifest's name
	Manifest  string         // its file name
	Columns   []string       // names of the manifest's own columns
	Currency  string         // of Spent and of the rows' costs, such as CNY
	Spent     string         // for its rows, an exact decimal, "326.40"; "" is not shown
	SpentGone string         // on top, for rows that the manifest has no more; "" is none
	Rehearsal bool           // nothing was paid; the page shows that
	Counts    map[string]int // items by status; nil counts the rows
	Tool      string         // name and version of the program that made the page
	Running   *Running       // nil once the run has ended
	Marks     WorkbookMarks  // which the page bears where nobody has made others in the browser

	// Disk is the output folder, where the thumbnails are. If it is nil, the page shows the
	// pictures.
	Disk durable.Disk

	single bool // the pictures are inside the page
}

// A Running is how far the run is that writes the page. The page says it and loads itself anew.
type Running struct {
	Done    int       `json:"done"` // items that have come to an end
	Items   int       `json:"items"`
	Ends    time.Time `json:"ends,omitzero"` // when all will have; zero is not known
	Written time.Time `json:"written"`
	Next    time.Time `json:"next"` // when the page will be written again, at the earliest
}

//go:embed page/*.html page/*.css page/*.mjs
var pageFiles embed.FS

const (
	// pageRows is how many rows a page shows at most: a browser loads as many in a few seconds.
	pageRows = 50000

	// chunkRows is how many rows one element holds, so that a browser need not parse one huge
	// string.
	chunkRows = 2000
)

// WriteHTML writes one page that shows the pictures and what became of each item. The page is
// in the output folder beside images/ and thumbs/, works without a network, and loads nothing
// else: its content security policy forbids that, and all scripts but its own. Values are JSON
// in an element that is never run, and the script puts them only into text and attributes.
//
// The page shows the first 50,000 rows. What is said of all rows follows them.
func WriteHTML(w io.Writer, page Page, rows iter.Seq2[Result, error]) error {
	if err := writeHTML(w, page, rows); err != nil {
		return fmt.Errorf("write HTML report: %w", err)
	}
	return nil
}

func writeHTML(w io.Writer, page Page, rows iter.Seq2[Result, error]) error {
	foot, err := writeUntilFoot(w, page, rows)
	if err == nil {
		_, err = io.WriteString(w, foot)
	}
	return err
}

// writeUntilFoot writes the page up to what comes after the data, which it returns.
func writeUntilFoot(w io.Writer, page Page, rows iter.Seq2[Result, error]) (foot string, err error) {
	head, foot, err := pageFrame(page)
	if err != nil {
		return "", err
	}
	if _, err := io.WriteString(w, head); err != nil {
		return "", err
	}
	took, err := writeChunks(w, page, rows)
	if err != nil {
		return "", err
	}
	data, err := json.Marshal(page.data(took))
	if err != nil {
		return "", err
	}
	_, err = fmt.Fprintf(w, "<script type=\"application/json\" id=\"page\">%s</script>\n", data)
	return foot, err
}

// pageFrame returns what comes before and after the data. The data are in the head, since a
// browser lays a body out again and again while it reads: at 10,000 rows that took 20 times as
// long. The policy allows style and script by their hashes, which no script that a value smuggles
// in has.
func pageFrame(page Page) (head, foot string, err error) {
	read := func(name string) string {
		b, failed := fs.ReadFile(pageFiles, "page/"+name)
		err = errors.Join(err, failed) // unreachable: the files are embedded
		return indent.ReplaceAllLiteralString(string(b), "")
	}
	frame, css := read("page.html"), read("page.css")
	js, failed := bundleScript(pageFiles, "main")
	err = errors.Join(err, failed)
	js = indent.ReplaceAllLiteralString(js, "")
	head, foot, _ = strings.Cut(frame, "{{data}}")
	policy := "default-src 'none'; img-src 'self' file: data:; " +
		"style-src '" + sourceHash(css) + "'; script-src '" + sourceHash(js) + "'; " +
		"base-uri 'none'; form-action 'none'"
	head = strings.NewReplacer("{{policy}}", policy, "{{css}}", css, "{{title}}",
		html.EscapeString(validText(page.title())),
		"{{tool}}", html.EscapeString(validText(page.Tool))).Replace(head)
	return head, strings.Replace(foot, "{{js}}", js, 1), err
}

// indent matches what a page can omit: no text in its sources spans lines.
var indent = regexp.MustCompile(`(?m)^[ \t]+|^//.*\n`)

// sourceHash returns the name of an inline element in a content security policy.
func sourceHash(s string) string {
	digest := sha256.Sum256([]byte(s))
	return "sha256-" + base64.StdEncoding.EncodeToString(digest[:])
}

// validText returns s without what HTML cannot hold.
func validText(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(s, "\uFFFD"))
}

func (p Page) title() string {
	if p.Title != "" {
		return p.Title
	}
	return p.Manifest
}

// pageData is the Page as the script reads it.
type pageData struct {
	Title     string         `json:"title"`
	Manifest  string         `json:"manifest,omitempty"`
	Columns   []string       `json:"columns,omitempty"`
	Currency  string         `json:"currency,omitempty"`
	Spent     string         `json:"spent,omitempty"`
	SpentGone string         `json:"spent_gone,omitempty"`
	Rehearsal bool           `json:"rehearsal,omitempty"`
	Counts    map[string]int `json:"counts,omitempty"`
	Started   string         `json:"started,omitempty"`  // first submission of the rows
	Finished  string         `json:"finished,omitempty"` // last picture
	Tool      string         `json:"tool,omitempty"`
	Running   *Running       `json:"running,omitempty"`
}

func (p Page) data(took span) pageData {
	return pageData{p.title(), p.Manifest, p.Columns, p.Currency, p.Spent, p.SpentGone, p.Rehearsal,
		p.Counts, took.started, took.finished, p.Tool, p.Running}
}

// pageMembers are what a row of the page has behind those of its line in results.jsonl: for each
// picture its file and its thumbnail, or "" if there is none, its mark where one is marked, and the
// pictures that they have replaced.
type pageMembers struct {
	Pictures [][2]string `json:"pictures,omitempty"`
	Keeps    []int       `json:"keeps,omitempty"`
	Older    []string    `json:"older,omitempty"`
}

// writeChunks writes the rows as JSON arrays. encoding/json escapes <, >, &, U+2028 and U+2029,
// so no value can end the element or begin another. It returns the time that all rows took, those
// too that the page does not show.
func writeChunks(w io.Writer, page Page, rows iter.Seq2[Result, error]) (took span, err error) {
	line := newJSONLine(page.Columns)
	older := findOlder(page.Disk)
	n := 0
	for r, err := range rows {
		if err != nil {
			return took, err
		}
		took.add(r)
		if n == pageRows {
			continue
		}
		if err := r.checkColumns(page.Columns); err != nil {
			return took, err
		}
		line.Reset()
		line.WriteString(opening(n))
		if err := page.appendRow(line, r, older); err != nil {
			return took, fmt.Errorf("item %q: %w", r.ID, err)
		}
		if _, err := w.Write(line.Bytes()); err != nil {
			return took, err
		}
		n++
	}
	if n > 0 {
		_, err = io.WriteString(w, "]</script>\n")
	}
	return took, err
}

// opening returns what comes before the n-th row, from 0.
func opening(n int) string {
	const begin = "<script type=\"application/json\" class=\"rows\">["
	switch {
	case n == 0:
		return begin
	case n%chunkRows == 0:
		return "]</script>\n" + begin
	}
	return ","
}

// appendRow appends a row as the script reads it, and a newline.
func (p Page) appendRow(line *jsonLine, r Result, older olderPictures) error {
	if err := line.open(r); err != nil {
		return err
	}
	end := line.Len()
	err := line.json.Encode(p.members(r, older))
	if more := line.Bytes()[end:]; len(more) > len("{}\n") {
		more[0] = ',' // for the "{"
	} else {
		line.Truncate(end)
		line.WriteString("}\n")
	}
	return err
}

func (p Page) members(r Result, older olderPictures) pageMembers {
	all := pageMembers{Keeps: p.Marks.of(r)}
	for _, file := range r.Files() {
		if p.single {
			all.Pictures = append(all.Pictures, [2]string{file, ThumbName(file, r.SHA256)})
			continue
		}
		all.Older = append(all.Older, older.of(file)...)
		all.Pictures = append(all.Pictures, [2]string{file, p.thumb(file, r.SHA256)})
	}
	return all
}

// thumb returns the name of a picture's thumbnail, or "" if there is none.
func (p Page) thumb(file, sha256 string) string {
	if p.Disk == nil {
		return ""
	}
	name := ThumbName(file, sha256)
	if info, err := p.Disk.Lstat(name); err != nil || info.Size() == 0 {
		return ""
	}
	return name
}

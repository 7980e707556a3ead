package cli

import (
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strings"

	"github.com/qwenbatch/qwenbatch/batch"
	"github.com/qwenbatch/qwenbatch/cli/term"
	"github.com/qwenbatch/qwenbatch/output"
)

// A handOn is what report writes to be given to others: a page with its pictures inside, and an
// archive.
type handOn struct {
	single, zip string
	maxMB       int

	page, archive *extraFile
}

func (h *handOn) addTo(g group) {
	g.flags.Var(textFlag{&h.single, "FILE"}, "single-file",
		"write the page with its pictures inside, to be mailed: all thumbnails and as many large "+
			"ones as fit; its name ends in .html (default none)")
	g.flags.IntVar(&h.maxMB, "max-mb", 20, "size in MB up to which --single-file takes large ones")
	g.flags.Var(textFlag{&h.zip, "FILE"}, "zip",
		"write an archive of the reports and the pictures; its name ends in .zip (default none)")
}

// open proves that the files can be written.
func (h *handOn) open() (err error) {
	if h.maxMB < 1 {
		return &mistake{text: "--max-mb wants a number of MB above 0", hint: "--max-mb 20"}
	}
	h.page, err = openExtraFile("page", "--single-file", ".html", h.single)
	if err == nil {
		h.archive, err = openExtraFile("archive", "--zip", ".zip", h.zip)
	}
	return err
}

func (h *handOn) close() {
	h.page.close()
	h.archive.close()
}

// write writes what was asked for and says so.
func (h *handOn) write(p *program, b *batch.Batch) error {
	return errors.Join(h.writePage(p, b), h.writeArchive(p, b))
}

func (h *handOn) writePage(p *program, b *batch.Batch) error {
	if h.page == nil {
		return nil
	}
	limit := int64(h.maxMB) * 1e6
	var made output.SingleFile
	err := h.page.replace(func(w io.Writer) (err error) {
		made, err = b.View().WriteSingleFile(w, limit)
		return err
	})
	if err != nil {
		return err
	}
	if made.Bytes > limit {
		p.warn(fmt.Sprintf("%s has %s though --max-mb is %d: the thumbnails of %s alone take that",
			h.single, megabytes(made.Bytes), h.maxMB, term.Amount(made.Pictures, "picture")))
	}
	detail := megabytes(made.Bytes) + ", " + term.Amount(made.Pictures, "picture")
	if small := made.Pictures - made.Large; small > 0 {
		detail += fmt.Sprintf(", %s of them as thumbnails", term.Number(small))
	}
	fmt.Fprintf(p.stdout, "%s (%s)\n", term.Plain(h.single), detail)
	return nil
}

func (h *handOn) writeArchive(p *program, b *batch.Batch) error {
	if h.archive == nil {
		return nil
	}
	name := filepath.Base(h.zip)
	folder := strings.TrimSuffix(name, filepath.Ext(name))
	err := h.archive.replace(func(w io.Writer) error { return b.View().WriteZip(w, folder) })
	if err == nil {
		fmt.Fprintln(p.stdout, term.Plain(h.zip))
	}
	return err
}

func megabytes(n int64) string { return fmt.Sprintf("%.1f MB", float64(n)/1e6) }

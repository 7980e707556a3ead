package cli

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"

	"github.com/qwenbatch/qwenbatch/cli/term"
	"github.com/qwenbatch/qwenbatch/output"
	"github.com/qwenbatch/qwenbatch/output/durable"
)

// A pickCopier copies picked pictures from an output folder to another folder.
type pickCopier struct {
	folder string
	from   *os.Root // the output folder, which no name of a file of marks leads out of
	to     *durable.Dir
	link   bool
	now    map[string]string // by file, the sum of its item's first picture

	picked      int
	newer, gone []string // files that were left out
}

func newPickCopier(folder, to string, link bool) (*pickCopier, error) {
	from, err := os.OpenRoot(folder)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, &mistake{text: "there is no folder " + term.Quote(folder),
			hint: "is it another one? --out DIR, or --rehearse for a rehearsal"}
	}
	if err != nil {
		return nil, err
	}
	c := &pickCopier{folder: folder, from: from, link: link}
	if err = notAmongImages(folder, to); err == nil {
		c.now, err = sumsNow(from)
	}
	if err == nil {
		c.to, err = durable.OpenDir(to)
	}
	if err != nil {
		from.Close()
		return nil, err
	}
	return c, nil
}

func (c *pickCopier) close() {
	c.from.Close()
	c.to.Close()
}

// notAmongImages refuses a folder in that of the pictures, where a run would look at the copies.
func notAmongImages(folder, to string) error {
	images, err := filepath.Abs(filepath.Join(folder, "images"))
	if err != nil {
		return err
	}
	target, err := filepath.Abs(to)
	if err != nil {
		return err
	}
	below, err := filepath.Rel(images, target)
	if err != nil || below == ".." || strings.HasPrefix(below, ".."+string(filepath.Separator)) {
		return nil
	}
	return &mistake{text: term.Quote(to) + " is where the run keeps its own pictures",
		hint: "take another folder, as --to chosen"}
}

// sumsNow reads from results.jsonl which pictures the items have now. Without that report nobody
// knows, and the pictures in their places are taken.
func sumsNow(from *os.Root) (map[string]string, error) {
	now := map[string]string{}
	file, err := from.Open("results.jsonl")
	if errors.Is(err, fs.ErrNotExist) {
		return now, nil
	}
	if err != nil {
		return nil, err
	}
	defer file.Close()
	for lines := json.NewDecoder(file); ; {
		var line struct{ File, SHA256 string }
		switch err := lines.Decode(&line); {
		case err == io.EOF:
			return now, nil
		case err != nil:
			return nil, fmt.Errorf("results.jsonl: %w", err)
		}
		for _, name := range (output.Result{File: line.File}).Files() {
			now[name] = line.SHA256
		}
	}
}

// take copies the picked pictures, whose names it numbers in their order. No file in the folder
// is replaced: what is there already stays, and another picture of the same name is a mistake.
func (c *pickCopier) take(marks []output.Mark) error {
	var files []string
	for _, m := range marks {
		now, known := c.now[m.File]
		switch _, err := c.from.Stat(filepath.FromSlash(m.File)); {
		case m.Keep <= 0:
		case known && m.SHA256 != "" && !strings.Contains(m.SHA256, now):
			c.newer = append(c.newer, m.File)
		case errors.Is(err, fs.ErrNotExist):
			c.gone = append(c.gone, m.File)
		case err != nil:
			return err
		default:
			files = append(files, m.File)
		}
	}
	for i, file := range files {
		name := fmt.Sprintf("%0*d-%s", max(3, len(fmt.Sprint(len(files)))), i+1, path.Base(file))
		if err := c.put(file, name); err != nil {
			return err
		}
		c.picked++
	}
	return nil
}

func (c *pickCopier) put(file, name string) error {
	body, err := c.from.ReadFile(filepath.FromSlash(file))
	if err != nil {
		return err
	}
	there, err := os.ReadFile(filepath.Join(c.to.Path(), name))
	switch {
	case err == nil && bytes.Equal(there, body):
		return nil
	case err == nil:
		return &mistake{text: fmt.Sprintf("%s holds another %s already",
			term.Quote(c.to.Path()), term.Quote(name)),
			hint: "take a new folder for these pictures: --to DIR"}
	case !errors.Is(err, fs.ErrNotExist):
		return err
	case !c.link:
		return durable.ReplaceUnsynced(c.to, name, body)
	}
	err = os.Link(filepath.Join(c.folder, filepath.FromSlash(file)),
		filepath.Join(c.to.Path(), name))
	if err != nil {
		return &mistake{text: err.Error(), hint: "without --link the pictures are copied",
			code: codeStopped}
	}
	return nil
}

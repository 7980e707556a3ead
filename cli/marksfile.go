package cli

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/qwenbatch/qwenbatch/batch"
	"github.com/qwenbatch/qwenbatch/cli/term"
	"github.com/qwenbatch/qwenbatch/output"
)

// The files that hold marks: the first is saved by report.html, the second has a column for them.
var marksFiles = []string{"picks.csv", "results.xlsx"}

// readMarks reads a file of marks.
func readMarks(name string) ([]output.Mark, error) {
	file, err := os.Open(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, &mistake{text: "there is no file " + term.Quote(name),
			hint: "report.html saves its marks as picks.csv, most likely among your downloads; " +
				"those in results.xlsx can be read, too"}
	}
	if err != nil {
		return nil, err
	}
	defer file.Close()
	marks, err := output.ReadMarks(name, file)
	if wrong := (*output.MarksError)(nil); errors.As(err, &wrong) {
		text := term.Plain(name) + ": " + strings.ReplaceAll(err.Error(), "\n",
			"\n"+term.Plain(name)+": ")
		return nil, &mistake{text: text, hint: "marks are in the column keep: ✓ is picked, ✗ is " +
			"rejected, and an empty cell is neither"}
	}
	return marks, err
}

// expandRedo puts in the place of @FILE in --redo the pictures that FILE rejects. Each is named
// with its sum, so that the same command buys none of them twice.
func (p *program) expandRedo(names []string) ([]string, error) {
	var all []string
	for _, name := range names {
		file, ok := strings.CutPrefix(name, "@")
		if !ok {
			all = append(all, name)
			continue
		}
		marks, err := readMarks(atHome(file))
		if err != nil {
			return nil, err
		}
		rejected := rejectedNames(marks)
		if len(rejected) == 0 {
			p.warn("--redo " + name + ": no picture is rejected there")
		}
		all = append(all, rejected...)
	}
	return all, nil
}

// atHome returns a path whose "~/" a shell has left as it is, since "@" is before it.
func atHome(file string) string {
	home, err := os.UserHomeDir()
	if below, ok := strings.CutPrefix(file, "~/"); ok && err == nil {
		return filepath.Join(home, below)
	}
	return file
}

// rejectedNames name, for --redo, the pictures of items of which one is rejected and none is
// picked.
func rejectedNames(marks []output.Mark) []string {
	itemOf := func(m output.Mark) string { return cmp.Or(m.SHA256, m.File) }
	picked := map[string]bool{}
	for _, m := range marks {
		if m.Keep > 0 {
			picked[itemOf(m)] = true
		}
	}
	var names []string
	for _, m := range marks {
		switch {
		case m.Keep >= 0 || picked[itemOf(m)]:
		case m.SHA256 == "":
			names = append(names, m.File)
		default:
			names = append(names, m.File+batch.RedoVersion+m.SHA256)
		}
	}
	return names
}

// marksIn returns the file of marks in an output folder.
func marksIn(folder, report string) (string, error) {
	for _, name := range marksFiles {
		file := filepath.Join(folder, name)
		if _, err := os.Stat(file); err == nil {
			return file, nil
		}
	}
	return "", &mistake{text: fmt.Sprintf("nothing in %s says which pictures are picked", folder),
		hint: "mark pictures in " + filepath.Join(folder, "report.html") + " and save picks.csv " +
			"there, or name it: --marks FILE; " + report + " writes the page again"}
}

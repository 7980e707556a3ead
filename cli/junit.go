package cli

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/qwenbatch/qwenbatch/batch"
	"github.com/qwenbatch/qwenbatch/cli/term"
	"github.com/qwenbatch/qwenbatch/output/durable"
)

// A junitFile is the place of a JUnit report.
type junitFile struct {
	path string // as it was said
	dir  *durable.Dir
	name string // in dir
}

// openJUnit proves that the report can be written, before anything is paid. It is nil where
// none is wanted.
//
// The name must end in .xml: a slip must not put the report over a manifest, a state file or a
// picture.
func openJUnit(path string) (*junitFile, error) {
	if path == "" {
		return nil, nil
	}
	if !strings.EqualFold(filepath.Ext(path), ".xml") {
		return nil, &mistake{text: "--junit wants the name of a file that ends in .xml, not " +
			term.Quote(path), hint: "--junit junit.xml"}
	}
	if info, err := os.Stat(path); err == nil && !info.Mode().IsRegular() {
		return nil, &mistake{text: fmt.Sprintf(
			"the JUnit report %s cannot be written: it is there and is no file", term.Quote(path)),
			hint: "name another with --junit FILE"}
	}
	real, err := filepath.EvalSymlinks(path) // the file is replaced, the link to it is not
	if err != nil {
		real = path
	}
	dir, err := durable.OpenDir(filepath.Dir(real))
	if err != nil {
		return nil, noJUnit(path, err)
	}
	if err := durable.ProbeDir(dir, "."); err != nil {
		dir.Close()
		return nil, noJUnit(path, err)
	}
	return &junitFile{path: path, dir: dir, name: filepath.Base(real)}, nil
}

func noJUnit(path string, err error) error {
	var detail *fs.PathError
	if errors.As(err, &detail) {
		err = detail.Err
	}
	return &mistake{text: fmt.Sprintf("the JUnit report %s cannot be written: %v",
		term.Quote(path), err), hint: "name another with --junit FILE"}
}

// close gives the folder back; nil has none.
func (f *junitFile) close() {
	if f != nil {
		f.dir.Close()
	}
}

// write replaces the report, whole, by what stands now; nil writes none.
func (f *junitFile) write(b *batch.Batch, advice map[string]string) error {
	if f == nil {
		return nil
	}
	err := durable.Replace(f.dir, f.name, func(w io.Writer) error {
		return b.WriteJUnit(w, advice)
	})
	if err == nil {
		return nil
	}
	return &mistake{text: fmt.Sprintf("the JUnit report %s was not written: %v",
		term.Quote(f.path), err),
		hint: "qwenbatch report writes it from the state file", code: codeStopped}
}

// adviceByStatus returns what can be done with an item, by its status. Its readers see the
// report and not the run.
func adviceByStatus(run string, commandOf func(verb string) string) map[string]string {
	return map[string]string{
		"failed": "nothing was charged. Change its row, or try it again: " + run +
			" --retry-failed",
		"held": "it may have been charged. To see: " + commandOf("audit") + "; to settle it: " +
			commandOf("resolve") + " ID",
		"missing": "put the file back if you have it; within 24 hours it is fetched again: " +
			run + "; to buy it again: " + run + " --redo missing",
	}
}

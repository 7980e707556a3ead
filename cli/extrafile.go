package cli

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/qwenbatch/qwenbatch/cli/term"
	"github.com/qwenbatch/qwenbatch/output/durable"
)

// An extraFile is the place of a report that a flag names.
type extraFile struct {
	what string // "JUnit report"
	flag string // "--junit"
	path string // as it was said
	dir  *durable.Dir
	name string // in dir
}

// openExtraFile proves that a report can be written, before anything is paid. It is nil where
// path is empty.
//
// The name must have the extension: a slip must not put the report over a manifest, a state file
// or a picture.
func openExtraFile(what, flag, extension, path string) (*extraFile, error) {
	if path == "" {
		return nil, nil
	}
	f := &extraFile{what: what, flag: flag, path: path}
	if !strings.EqualFold(filepath.Ext(path), extension) {
		name := strings.TrimSuffix(path, filepath.Ext(path)) + extension
		return nil, &mistake{text: fmt.Sprintf("%s wants the name of a file that ends in %s, not %s",
			flag, extension, term.Quote(path)), hint: flag + " " + term.ShellQuote(name)}
	}
	if info, err := os.Stat(path); err == nil && !info.Mode().IsRegular() {
		return nil, f.refused("cannot be", errors.New("it is there and is no file"))
	}
	real, err := filepath.EvalSymlinks(path) // the file is replaced, the link to it is not
	if err != nil {
		real = path
	}
	f.name = filepath.Base(real)
	if f.dir, err = durable.OpenDir(filepath.Dir(real)); err != nil {
		return nil, f.refused("cannot be", err)
	}
	if err := durable.ProbeDir(f.dir, "."); err != nil {
		f.dir.Close()
		return nil, f.refused("cannot be", err)
	}
	return f, nil
}

func (f *extraFile) refused(verb string, err error) *mistake {
	if detail := (*fs.PathError)(nil); errors.As(err, &detail) {
		err = detail.Err
	}
	return &mistake{text: fmt.Sprintf("the %s %s %s written: %v", f.what, term.Quote(f.path), verb,
		err), hint: "name another with " + f.flag + " FILE"}
}

// close gives the folder back; nil has none.
func (f *extraFile) close() {
	if f != nil {
		f.dir.Close()
	}
}

// replace writes the report, whole, in place of what stands there now; nil writes none.
func (f *extraFile) replace(write func(io.Writer) error) error {
	if f == nil {
		return nil
	}
	err := durable.Replace(f.dir, f.name, write)
	if err == nil {
		return nil
	}
	return &mistake{text: fmt.Sprintf("the %s %s was not written: %v", f.what, term.Quote(f.path),
		err), hint: "qwenbatch report writes it from the state file", code: codeStopped}
}

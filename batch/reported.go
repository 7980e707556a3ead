package batch

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"reflect"

	"github.com/qwenbatch/qwenbatch/output/durable"
)

// Reports say which pictures are gone or edited, and no time of a file tells that this has
// changed. So a hidden file keeps a hash of what the reports have said of it. As long as they
// say nothing of it there is no such file.

const reportedFile = ".reports"

// ReportsDiffer tells whether the reports, if they were written now, would say other pictures
// to be gone or edited.
func (b *Batch) ReportsDiffer() bool { return b.pictures.Err() == nil && b.reported() != b.ailing() }

// reported is what ailing was when the reports were written.
func (b *Batch) reported() string {
	f, err := b.o.Disk.Open(reportedFile)
	if err != nil {
		return ""
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, 2*sha256.Size))
	if err != nil {
		return ""
	}
	return string(text)
}

// ailing is a hash of the items whose pictures are gone or edited, and "" where there are none.
func (b *Batch) ailing() string {
	sum, some := sha256.New(), false
	for _, m := range b.matches {
		if m.Entry < 0 {
			continue
		}
		i := int(m.Entry)
		missing, edited := b.pictures.Missing(i), b.pictures.Edited(i)
		if !missing && !edited {
			continue
		}
		some = true
		rec, err := b.state.Get(i)
		if err != nil {
			return err.Error()
		}
		fmt.Fprintf(sum, "%s %v %v\n", rec.Key, missing, b.pictures.AsFound(rec).Pictures)
	}
	if !some {
		return ""
	}
	return hex.EncodeToString(sum.Sum(nil))
}

// NoteSettings records the settings of this run where they are not those of the last. A run does
// so by itself; where one has nothing to do, and so is none, its caller does.
func (b *Batch) NoteSettings() (changed bool, err error) {
	h := b.state.Header()
	if !b.found || reflect.DeepEqual(h.Settings, b.o.Settings) {
		return false, nil
	}
	end := b.stopMark()
	h.Settings = b.o.Settings
	if err := b.state.Amend(h); err != nil {
		return false, err
	}
	return true, b.state.Mark(end)
}

// noteReported remembers what the reports say.
func (b *Batch) noteReported() error {
	ailing := b.ailing()
	if ailing == b.reported() {
		return nil
	}
	if ailing == "" {
		err := b.o.Disk.Remove(reportedFile)
		if errors.Is(err, fs.ErrNotExist) {
			err = nil
		}
		return err
	}
	return durable.Replace(b.o.Disk, reportedFile, func(w io.Writer) error {
		_, err := io.WriteString(w, ailing)
		return err
	})
}

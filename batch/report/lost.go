package report

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"

	"github.com/qwenbatch/qwenbatch/output/durable"
)

// Reports say which pictures are gone or edited, and no time of a file tells that this has
// changed. So a hidden file keeps a hash of what the reports have said of it. As long as they
// say nothing of it there is no such file.

const reportedFile = ".reports"

// Differ tells whether the reports, if they were written now, would say other pictures
// to be gone or edited.
func (v View) Differ() bool { return v.Pictures.Err() == nil && noted(v.Disk) != v.ailing() }

// Noted reports whether the reports have called pictures gone or edited when they were written.
func Noted(disk durable.Disk) bool { return noted(disk) != "" }

// noted is what ailing was when the reports were written.
func noted(disk durable.Disk) string {
	f, err := disk.Open(reportedFile)
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
func (v View) ailing() string {
	sum, some := sha256.New(), false
	for _, m := range v.Matches {
		if m.Entry < 0 {
			continue
		}
		i := int(m.Entry)
		missing, edited := v.Pictures.Missing(i), v.Pictures.Edited(i)
		if !missing && !edited {
			continue
		}
		some = true
		rec, err := v.State.Get(i)
		if err != nil {
			return err.Error()
		}
		fmt.Fprintf(sum, "%s %v %v\n", rec.Key, missing, v.Pictures.AsFound(rec).Pictures)
	}
	if !some {
		return ""
	}
	return hex.EncodeToString(sum.Sum(nil))
}

// note remembers what the reports say.
func (v View) note() error {
	ailing := v.ailing()
	if ailing == noted(v.Disk) {
		return nil
	}
	if ailing == "" {
		err := v.Disk.Remove(reportedFile)
		if errors.Is(err, fs.ErrNotExist) {
			err = nil
		}
		return err
	}
	return durable.Replace(v.Disk, reportedFile, func(w io.Writer) error {
		_, err := io.WriteString(w, ailing)
		return err
	})
}

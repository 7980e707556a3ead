package output

import (
	"archive/zip"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"path"
	"strings"

	"github.com/qwenbatch/qwenbatch/output/durable"
)

// WriteZip writes an archive of reports, such as report.html, and of the pictures of the rows
// and their thumbnails, under the names that they have in the folder d; what is not there is
// left out. All is in a folder of the given name, beside which other archives may be unpacked.
// Files are copied as they are read.
func WriteZip(w io.Writer, d durable.Disk, folder string, reports []string,
	rows iter.Seq2[Result, error]) error {
	z := zipWriter{zip.NewWriter(w), d, folder, map[string]bool{}}
	err := z.addAll(reports, rows)
	if err == nil {
		err = z.out.Close()
	}
	if err != nil {
		return fmt.Errorf("write archive: %w", err)
	}
	return nil
}

type zipWriter struct {
	out    *zip.Writer
	disk   durable.Disk
	folder string
	has    map[string]bool
}

func (z zipWriter) addAll(reports []string, rows iter.Seq2[Result, error]) error {
	for _, name := range reports {
		if err := z.add(name); err != nil {
			return err
		}
	}
	for r, err := range rows {
		if err != nil {
			return err
		}
		if r.Status == "missing" {
			continue
		}
		for _, file := range r.Files() {
			err := z.add(file)
			if err == nil {
				err = z.add(ThumbName(file, r.SHA256))
			}
			if err != nil {
				return err
			}
		}
	}
	return nil
}

// add copies a file, if it is there. Pictures are compressed already.
func (z zipWriter) add(name string) error {
	if z.has[name] {
		return nil
	}
	z.has[name] = true
	f, err := z.disk.Open(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	defer f.Close()
	header := &zip.FileHeader{Name: path.Join(z.folder, name), Method: zip.Store}
	if info, err := z.disk.Lstat(name); err == nil {
		header.Modified = info.ModTime()
	}
	switch strings.ToLower(path.Ext(name)) {
	case ".html", ".csv", ".jsonl":
		header.Method = zip.Deflate
	}
	out, err := z.out.CreateHeader(header)
	if err == nil {
		_, err = io.Copy(out, f)
	}
	return err
}

package output

import (
	"encoding/base64"
	"errors"
	"fmt"
	"html"
	"io"
	"io/fs"
	"iter"
	"net/http"

	"github.com/qwenbatch/qwenbatch/output/durable"
	"github.com/qwenbatch/qwenbatch/output/imagefile"
)

// A SingleFile is what was put into a page that needs no folder.
type SingleFile struct {
	Pictures int   // whose thumbnails are inside
	Large    int   // those of them that are inside as large as they are
	Bytes    int64 // of the page
}

// largeQuality is that of a picture which is put into a page: at its own size nobody sees a
// difference, and it has a sixth of the bytes.
const largeQuality = 85

// WriteSingleFile writes the page of WriteHTML with its pictures inside, so that it can be
// mailed: the thumbnails of all, and in the order of the rows as many large ones as fit into
// limit bytes. Thumbnails that are not there are made and not kept. Page.Disk must be set.
//
// It goes through the rows twice and holds one picture in memory.
func WriteSingleFile(w io.Writer, page Page, rows iter.Seq2[Result, error], limit int64) (
	SingleFile, error) {
	page.single = true
	s := &singleWriter{w: w, disk: page.Disk}
	err := s.write(page, rows, limit)
	if err != nil {
		err = fmt.Errorf("write page with its pictures: %w", err)
	}
	return SingleFile{s.pictures, s.large, s.n}, err
}

// A singleWriter counts what it writes.
type singleWriter struct {
	w               io.Writer
	disk            durable.Disk
	n               int64
	pictures, large int
}

func (s *singleWriter) Write(b []byte) (int, error) {
	n, err := s.w.Write(b)
	s.n += int64(n)
	return n, err
}

func (s *singleWriter) write(page Page, rows iter.Seq2[Result, error], limit int64) error {
	foot, err := writeUntilFoot(s, page, rows)
	if err != nil {
		return err
	}
	err = eachPicture(rows, func(file, sha256 string) (bool, error) {
		thumb, err := s.thumbnail(file, sha256)
		if err != nil || thumb == nil {
			return true, err
		}
		s.pictures++
		_, err = io.WriteString(s, inside(ThumbName(file, sha256), thumb))
		return true, err
	})
	if err != nil {
		return err
	}
	err = eachPicture(rows, func(file, _ string) (bool, error) {
		large, err := s.largest(file)
		if err != nil || large == nil {
			return true, err
		}
		element := inside(file, large)
		if s.n+int64(len(element)+len(foot)) > limit {
			return false, nil
		}
		s.large++
		_, err = io.WriteString(s, element)
		return true, err
	})
	if err != nil {
		return err
	}
	_, err = io.WriteString(s, foot)
	return err
}

// eachPicture calls f for the pictures of the rows that a page shows, until f returns false.
func eachPicture(rows iter.Seq2[Result, error], f func(file, sha256 string) (bool, error)) error {
	n := 0
	for r, err := range rows {
		if err != nil {
			return err
		}
		if n++; n > pageRows {
			break
		}
		if r.Status == "missing" {
			continue
		}
		for _, file := range r.Files() {
			if goOn, err := f(file, r.SHA256); err != nil || !goOn {
				return err
			}
		}
	}
	return nil
}

// inside returns an element with a picture, which is never run. Base64 has no character that ends
// it.
func inside(name string, picture []byte) string {
	return fmt.Sprintf(`<script type="text/plain" class="inside" data-name="%s">`+
		"data:%s;base64,%s</script>\n",
		html.EscapeString(validText(name)), http.DetectContentType(picture),
		base64.StdEncoding.EncodeToString(picture))
}

// thumbnail returns the thumbnail of a picture, nil if there can be none.
func (s *singleWriter) thumbnail(file, sha256 string) ([]byte, error) {
	b, err := readPicture(s.disk, ThumbName(file, sha256))
	if err == nil && len(b) > 0 {
		return b, nil
	}
	return s.made(file, pageThumb)
}

// largest returns a picture as a JPEG of its own size, or itself if that has fewer bytes.
func (s *singleWriter) largest(file string) ([]byte, error) {
	const anySize = 1 << 20
	b, err := s.made(file, imagefile.Size{Side: anySize, Quality: largeQuality})
	if b == nil {
		return nil, err
	}
	if info, err := s.disk.Lstat(file); err == nil && info.Size() < int64(len(b)) {
		return readPicture(s.disk, file)
	}
	return b, nil
}

// made returns a picture in a size, nil if it is gone or cannot be decoded.
func (s *singleWriter) made(file string, size imagefile.Size) ([]byte, error) {
	b, err := readPicture(s.disk, file)
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, errLongPicture) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	small, err := imagefile.Thumbnails(b, size)
	if errors.Is(err, imagefile.ErrNoThumbnail) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return small[0], nil
}

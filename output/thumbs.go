package output

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"path"
	"strings"

	"github.com/qwenbatch/qwenbatch/output/durable"
	"github.com/qwenbatch/qwenbatch/output/imagefile"
)

const (
	thumbsDir = "thumbs"
	thumbSide = 320 // pixels of the longer side: sharp at 160 points on a phone

	// pictureLimit is how many bytes of a picture are read, well above the limit of a download.
	pictureLimit = 128 << 20
)

// ThumbName returns the name of a picture's thumbnail, such as thumbs/cat-1f2e3d4c.jpg for
// images/cat.png. It contains the beginning of the item's SHA-256, so that a picture which was
// made again under its old name is never shown by the old thumbnail.
func ThumbName(file, sha256 string) string {
	name := path.Base(file)
	name = strings.TrimSuffix(name, path.Ext(name))
	if sha256 != "" {
		name += "-" + sha256[:min(8, len(sha256))]
	}
	return thumbsDir + "/" + name + ".jpg"
}

// Thumbs makes the missing thumbnails of the first 50,000 rows, which is what a page shows. It
// makes one after the other and holds one picture in memory. A picture that is gone or cannot
// be decoded gets no thumbnail, and the reports show the picture itself. Thumbs returns the
// errors of the rows, the disk and the context; what it has made stays, and the next call makes
// the rest.
//
// A thumbnail is written by durable.ReplaceUnsynced: a kill leaves it whole or not there, a
// power cut may leave it empty. Thumbs makes thumbnails that were deleted again.
func Thumbs(ctx context.Context, d durable.Disk, rows iter.Seq2[Result, error]) error {
	there, err := listThumbs(d)
	if err != nil {
		return fmt.Errorf("make thumbnails: %w", err)
	}
	n := 0
	for r, err := range rows {
		if err == nil {
			err = makeThumbs(ctx, d, there, r)
		}
		if err != nil {
			return fmt.Errorf("make thumbnails: %w", err)
		}
		if n++; n == pageRows {
			break
		}
	}
	return nil
}

// listThumbs lists the folder, which it makes if it does not exist, and removes what a killed
// process has left in it.
func listThumbs(d durable.Disk) (map[string]bool, error) {
	if err := d.Mkdir(thumbsDir); err != nil {
		return nil, err
	}
	there, parts := map[string]bool{}, []string{}
	for file, err := range d.List(thumbsDir) {
		if err != nil {
			return nil, err
		}
		if name := path.Join(thumbsDir, file); durable.IsPart(file) {
			parts = append(parts, name)
		} else {
			there[name] = true
		}
	}
	for _, part := range parts {
		d.Remove(part) // if that fails, the next call tries again
	}
	return there, nil
}

func makeThumbs(ctx context.Context, d durable.Disk, there map[string]bool, r Result) error {
	for _, file := range r.Files() {
		name := ThumbName(file, r.SHA256)
		if there[name] {
			continue
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		there[name] = true
		if err := makeThumb(d, file, name); err != nil {
			return err
		}
	}
	return nil
}

func makeThumb(d durable.Disk, file, name string) error {
	b, err := readPicture(d, file)
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, errLongPicture) {
		return nil
	}
	if err != nil {
		return err
	}
	small, err := imagefile.Thumbnail(b, thumbSide)
	if errors.Is(err, imagefile.ErrNoThumbnail) {
		return nil
	}
	if err != nil {
		return err
	}
	err = durable.ReplaceUnsynced(d, name, small)
	// Another process that makes thumbnails, too, may have removed the part as a leftover.
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

var errLongPicture = errors.New("longer than any picture")

func readPicture(d durable.Disk, file string) ([]byte, error) {
	f, err := d.Open(file)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, pictureLimit+1))
	if len(b) > pictureLimit {
		return nil, errLongPicture
	}
	return b, err
}

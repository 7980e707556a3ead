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

	// pictureLimit is how many bytes of a picture are read, well above what a download may have.
	pictureLimit = 128 << 20
)

// ThumbName is where the thumbnail of a picture stands, for example thumbs/cat-1f2e3d4c.jpg of
// images/cat.png. The beginning of the item's SHA-256 is part of it, so that a picture which was bought
// anew under its old name is never shown by the thumbnail of the old one.
func ThumbName(file, sha256 string) string {
	name := path.Base(file)
	name = strings.TrimSuffix(name, path.Ext(name))
	if sha256 != "" {
		name += "-" + sha256[:min(8, len(sha256))]
	}
	return thumbsDir + "/" + name + ".jpg"
}

// Thumbs makes the thumbnails that the pictures of the first 50,000 rows lack, since no report shows more, one after the
// other, and holds one picture at a time. A picture that is gone or cannot be made small gets none, and the reports show the picture
// itself. An error is the rows', the disk's or the context's; what was made stays, and the next call goes on.
//
// At a crash a thumbnail is there whole or not at all. After a power cut one may be empty, as they are not
// synced: they cost nothing, and whoever deletes the folder gets them again.
func Thumbs(ctx context.Context, d durable.Disk, rows iter.Seq2[Result, error]) error {
	there, err := thumbsThere(d)
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

// thumbsThere lists the folder, which it makes where missing, and clears what a killed process left in it.
func thumbsThere(d durable.Disk) (map[string]bool, error) {
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
		d.Remove(part) // at worst it is found again
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
	if errors.Is(err, fs.ErrNotExist) { // another process makes them, too, and took its part for a leftover
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

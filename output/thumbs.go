package output

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"path"
	"runtime"
	"strings"
	"sync"

	"golang.org/x/sync/errgroup"

	"github.com/qwenbatch/qwenbatch/output/durable"
	"github.com/qwenbatch/qwenbatch/output/imagefile"
)

const (
	thumbsDir = "thumbs"

	// pictureLimit is how many bytes of a picture are read, well above the limit of a download.
	pictureLimit = 128 << 20
)

// pageThumb is sharp at 320 points on a screen with two pixels a point, which hides what the
// lower quality leaves out; bookThumb is sharp in a cell, at fewer bytes.
var (
	pageThumb = imagefile.Size{Side: 640, Quality: 60}
	bookThumb = imagefile.Size{Side: 320, Quality: 80}
)

// ThumbName returns the name of a picture's thumbnail, such as thumbs/cat-1f2e3d4c.jpg for
// images/cat.png. It contains the beginning of the item's SHA-256, so that a picture which was
// made again under its old name is never shown by the old thumbnail.
func ThumbName(file, sha256 string) string { return thumbBase(file, sha256) + ".jpg" }

// bookThumbName returns the name of the one in results.xlsx.
func bookThumbName(file, sha256 string) string { return thumbBase(file, sha256) + ".small.jpg" }

func thumbBase(file, sha256 string) string {
	name := path.Base(file)
	name = strings.TrimSuffix(name, path.Ext(name))
	if sha256 != "" {
		name += "-" + sha256[:min(8, len(sha256))]
	}
	return thumbsDir + "/" + name
}

// A ThumbMaker makes the missing thumbnails of the first 50,000 rows, which is what a page
// shows. A picture that is gone or cannot be decoded gets no thumbnail, and the reports show the
// picture itself.
//
// A thumbnail is written by durable.ReplaceUnsynced: a kill leaves it whole or not there, a
// power cut may leave it empty. What was made stays, and the next call makes the rest, those too
// that were deleted.
type ThumbMaker struct {
	Disk durable.Disk
	Book bool // makes those of results.xlsx, too

	// Workers is how many pictures Make holds in memory at a time; 0 is one for each processor.
	Workers int
	// Tell learns how many pictures of those without thumbnails Make has been through, first 0.
	// It is called by one goroutine at a time. If it is nil nobody does.
	Tell func(made, missing int)
}

// Make makes the thumbnails of all rows, several at a time. It returns the errors of the rows,
// the disk and the context.
func (m ThumbMaker) Make(ctx context.Context, rows iter.Seq2[Result, error]) error {
	var missing []thumbs
	err := m.eachMissing(rows, func(t thumbs) error {
		missing = append(missing, t)
		return ctx.Err()
	})
	if err == nil {
		err = m.makeAll(ctx, missing)
	}
	if err != nil {
		return fmt.Errorf("make thumbnails: %w", err)
	}
	return nil
}

// Follow makes the thumbnails of rows one after the other, as the rows come. It returns the same
// errors as Make.
func (m ThumbMaker) Follow(ctx context.Context, rows iter.Seq2[Result, error]) error {
	err := m.eachMissing(rows, func(t thumbs) error {
		if err := ctx.Err(); err != nil {
			return err
		}
		return t.make(m.Disk)
	})
	if err != nil {
		return fmt.Errorf("make thumbnails: %w", err)
	}
	return nil
}

func (m ThumbMaker) makeAll(ctx context.Context, missing []thumbs) error {
	tell := m.Tell
	if tell == nil {
		tell = func(int, int) {}
	}
	tell(0, len(missing))
	workers, goOn := errgroup.WithContext(ctx)
	workers.SetLimit(cmp.Or(m.Workers, runtime.GOMAXPROCS(0)))
	var telling sync.Mutex
	made := 0
	for _, t := range missing {
		if goOn.Err() != nil {
			break
		}
		workers.Go(func() error {
			err := t.make(m.Disk)
			telling.Lock()
			defer telling.Unlock()
			made++
			tell(made, len(missing))
			return err
		})
	}
	return cmp.Or(workers.Wait(), context.Cause(ctx))
}

// eachMissing calls f for each picture that lacks a thumbnail.
func (m ThumbMaker) eachMissing(rows iter.Seq2[Result, error], f func(thumbs) error) error {
	there, err := listThumbs(m.Disk)
	if err != nil {
		return err
	}
	n := 0
	for r, err := range rows {
		if err != nil {
			return err
		}
		for _, file := range r.Files() {
			if t := m.missing(there, file, r.SHA256); t.lacks() {
				if err := f(t); err != nil {
					return err
				}
			}
		}
		if n++; n == pageRows {
			break
		}
	}
	return nil
}

// thumbs are the thumbnails that a picture lacks.
type thumbs struct {
	picture    string
	page, book string // their names; "" for one that is there or not wanted
}

func (t thumbs) lacks() bool { return t.page != "" || t.book != "" }

// missing returns what a picture lacks, and notes that it is there from now on.
func (m ThumbMaker) missing(there map[string]bool, file, sha256 string) thumbs {
	t := thumbs{picture: file}
	if name := ThumbName(file, sha256); !there[name] {
		t.page, there[name] = name, true
	}
	if name := bookThumbName(file, sha256); m.Book && !there[name] {
		t.book, there[name] = name, true
	}
	return t
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

// make decodes the picture once and writes what it lacks.
func (t thumbs) make(d durable.Disk) error {
	b, err := readPicture(d, t.picture)
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, errLongPicture) {
		return nil
	}
	if err != nil {
		return err
	}
	var names []string
	var sizes []imagefile.Size
	if t.page != "" {
		names, sizes = append(names, t.page), append(sizes, pageThumb)
	}
	if t.book != "" {
		names, sizes = append(names, t.book), append(sizes, bookThumb)
	}
	small, err := imagefile.Thumbnails(b, sizes...)
	if errors.Is(err, imagefile.ErrNoThumbnail) {
		return nil
	}
	for i := range small {
		err = cmp.Or(err, durable.ReplaceUnsynced(d, names[i], small[i]))
	}
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

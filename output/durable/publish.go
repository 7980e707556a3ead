package durable

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"strconv"
	"strings"
)

// Publish puts a picture into a folder of d: part, fsync, rename, fsync of the folder. A name that is
// taken by anything gets "~2", "~3" … before its extension; nothing is overwritten. It returns the name
// that the picture bears in dir.
//
// On an error no part of the picture is left, and the caller may publish it again. There is one
// exception: where the fsync of the folder failed, the whole picture stands under the name that is
// returned beside the error, and only a power cut could take it away.
func Publish(d Disk, dir, name string, data []byte) (string, error) {
	used, err := Put(d, dir, name, data)
	if err != nil {
		return "", err
	}
	if err := d.SyncDir(dir); err != nil {
		return used, fmt.Errorf("publish %s: %w", path.Join(dir, name), err)
	}
	return used, nil
}

// Put is [Publish] without the fsync of the folder, which pictures that come together can share: until [Disk.SyncDir] of
// dir has returned, a power cut may give the picture the name of a part again. On an error no part is left.
func Put(d Disk, dir, name string, data []byte) (string, error) {
	used, err := putPart(d, dir, name, data)
	if err != nil {
		return "", fmt.Errorf("publish %s: %w", path.Join(dir, name), err)
	}
	return used, nil
}

func putPart(d Disk, dir, name string, data []byte) (string, error) {
	if err := checkName(name); err != nil {
		return "", err
	}
	part, err := writePart(d, path.Join(dir, name), func(w io.Writer) error {
		_, err := w.Write(data)
		return err
	})
	if err != nil {
		return "", err
	}
	// A crash here leaves a whole part: Finish gives it its name without a download.
	used, err := place(d, part, dir, name)
	if err != nil {
		d.Remove(part)
	}
	return used, err
}

// Finish gives a part that a run left behind (see [Leftovers]) its final name in dir, as [Publish] would
// have. The caller has looked at it with imagefile.Inspect: a part may be cut off. Where it fails the part stays.
func Finish(d Disk, part, dir, name string) (string, error) {
	used, err := finish(d, part, dir, name)
	if err != nil {
		err = fmt.Errorf("finish %s: %w", part, err)
	}
	return used, err
}

func finish(d Disk, part, dir, name string) (string, error) {
	if err := checkName(name); err != nil {
		return "", err
	}
	if err := syncFile(d, part); err != nil {
		return "", err
	}
	used, err := place(d, part, dir, name)
	if err != nil {
		return "", err
	}
	return used, d.SyncDir(dir)
}

// syncFile syncs a file that an earlier process wrote and perhaps did not sync. It is opened for
// appending because Windows syncs only what may be written.
func syncFile(d Disk, name string) error {
	f, err := d.Append(name)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}

// place renames a durable part into a free name of dir.
func place(d Disk, part, dir, name string) (string, error) {
	used, err := freeName(d, dir, name)
	if err != nil {
		return "", err
	}
	// A power cut before the fsync of the folder may undo the rename. The part is then back, whole.
	return used, d.Rename(part, path.Join(dir, used))
}

// takenNames is how many names are tried. A folder with so many pictures of one name has another trouble.
const takenNames = 10000

// freeName is name, or the first of its successors that nothing bears.
//
// Between this look and the rename somebody else could take the name; closing that gap needs a rename
// that refuses to replace, which neither os.Root nor every file system has. Our own pictures cannot meet
// there: the caller publishes different names.
func freeName(d Disk, dir, name string) (string, error) {
	for n := 1; n <= takenNames; n++ {
		used := successor(name, n)
		_, err := d.Lstat(path.Join(dir, used))
		if errors.Is(err, fs.ErrNotExist) {
			return used, nil
		}
		if err != nil {
			return "", err
		}
	}
	return "", fmt.Errorf("%d names like it are taken: %w", takenNames, fs.ErrExist)
}

// successor is the nth name of a file: a.png, a~2.png, a~3.png.
func successor(name string, n int) string {
	if n == 1 {
		return name
	}
	ext := path.Ext(name)
	return strings.TrimSuffix(name, ext) + "~" + strconv.Itoa(n) + ext
}

// checkName refuses a name that is more than a name. Package filename makes none such.
func checkName(name string) error {
	if !fs.ValidPath(name) || name == "." || strings.Contains(name, "/") {
		return fmt.Errorf("%q is no file name: %w", name, fs.ErrInvalid)
	}
	return nil
}

package durable

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"strconv"
	"strings"
)

// Publish writes a picture to a folder of d: part, fsync, rename, fsync of the folder. If the
// name is taken, "~2", "~3" … is inserted before its extension; nothing is overwritten. Publish
// returns the picture's name in dir.
//
// If it returns an error and no name, nothing is left of the picture, and the caller may
// publish it again. If the fsync of the folder fails, Publish returns the name beside the
// error: the whole picture has that name, which only a power cut can take away.
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

// Put is [Publish] without the fsync of the folder, which pictures that arrive together can
// share. Until [Disk.SyncDir] of dir has returned, a power cut may undo the rename and leave
// the picture as a part. If Put fails, nothing is left of the picture.
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
	part, err := writePart(d, path.Join(dir, name), contents(data))
	if err != nil {
		return "", err
	}
	// A crash here leaves a whole part, which Finish gives its name without a download.
	used, err := install(d, part, dir, name)
	if err != nil {
		d.Remove(part)
	}
	return used, err
}

// Finish gives a part that an earlier run has left (see [Leftovers]) its final name in dir, as
// [Publish] would have. The caller has checked with imagefile.Inspect that the part is whole.
// If Finish fails, the part stays.
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
	used, err := install(d, part, dir, name)
	if err != nil {
		return "", err
	}
	return used, d.SyncDir(dir)
}

// syncFile syncs a file that an earlier process wrote and may not have synced. It opens the
// file for appending because Windows syncs only files that are open for writing.
func syncFile(d Disk, name string) error {
	f, err := d.Append(name)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}

// install renames a synced part to a free name in dir.
func install(d Disk, part, dir, name string) (string, error) {
	used, err := freeName(d, dir, name)
	if err != nil {
		return "", err
	}
	// A power cut before the fsync of the folder may undo the rename, which leaves the whole part.
	return used, d.Rename(part, path.Join(dir, used))
}

// maxSuccessors is how many names are tried for one file.
const maxSuccessors = 10000

// freeName returns name, or the first of its successors that is not taken.
//
// Another program could take the name before the rename. To prevent that would need a rename that
// refuses to replace, which neither os.Root nor every file system has. Pictures of one run do not
// collide: the caller publishes different names.
func freeName(d Disk, dir, name string) (string, error) {
	for n := 1; n <= maxSuccessors; n++ {
		used := Successor(name, n)
		_, err := d.Lstat(path.Join(dir, used))
		if errors.Is(err, fs.ErrNotExist) {
			return used, nil
		}
		if err != nil {
			return "", err
		}
	}
	return "", fmt.Errorf("%d names like it are taken: %w", maxSuccessors, fs.ErrExist)
}

// Successor returns the nth name of a file, from 1: a.png, a~2.png, a~3.png.
func Successor(name string, n int) string {
	if n == 1 {
		return name
	}
	ext := path.Ext(name)
	return strings.TrimSuffix(name, ext) + "~" + strconv.Itoa(n) + ext
}

// checkName rejects a name that is a path, or no path at all. Package filename makes no such name.
func checkName(name string) error {
	if !fs.ValidPath(name) || name == "." || strings.Contains(name, "/") {
		return fmt.Errorf("%q is no file name: %w", name, fs.ErrInvalid)
	}
	return nil
}

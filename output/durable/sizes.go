package durable

import (
	"errors"
	"io"
	"io/fs"
	"iter"
	"os"
	"sync"
)

// lookers is how many goroutines look at files at the same time: most of a look is a system call.
const lookers = 4

// Sizes implements [Disk].
func (d *Dir) Sizes(name string) iter.Seq2[FileSize, error] {
	return func(yield func(FileSize, error) bool) {
		f, err := d.folder(name)
		if err != nil {
			yield(FileSize{}, err)
			return
		}
		defer f.Close()
		for {
			names, end := f.ReadDir(4096)
			files, err := sizesOf(names)
			for _, file := range files {
				if !yield(file, nil) {
					return
				}
			}
			if err == nil && end != io.EOF {
				err = end
			}
			if err != nil {
				yield(FileSize{}, err)
			}
			if err != nil || end == io.EOF {
				return
			}
		}
	}
}

// sizesOf looks at those that are regular files.
func sizesOf(names []fs.DirEntry) ([]FileSize, error) {
	found := make([]FileSize, len(names))
	errs := make([]error, lookers)
	var wg sync.WaitGroup
	for i := range lookers {
		wg.Go(func() {
			for at := i; at < len(names) && errs[i] == nil; at += lookers {
				found[at], errs[i] = sizeOf(names[at])
			}
		})
	}
	wg.Wait()
	files := found[:0]
	for _, file := range found {
		if file.Name != "" {
			files = append(files, file)
		}
	}
	return files, errors.Join(errs...)
}

// sizeOf looks at one; that of what is no file has no name.
func sizeOf(name fs.DirEntry) (FileSize, error) {
	if !name.Type().IsRegular() {
		return FileSize{}, nil
	}
	info, err := name.Info()
	if errors.Is(err, os.ErrNotExist) || err == nil && !info.Mode().IsRegular() {
		return FileSize{}, nil
	}
	if err != nil {
		return FileSize{}, err
	}
	return FileSize{name.Name(), info.Size(), info.ModTime(), touched(info)}, nil
}

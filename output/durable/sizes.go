package durable

import (
	"errors"
	"io/fs"
	"iter"
	"os"
	"slices"
	"sync"
)

// statters is how many goroutines stat files at the same time: most of a stat is a system call.
const statters = 4

// Sizes implements [Disk].
func (d *Dir) Sizes(name string) iter.Seq2[FileSize, error] {
	return func(yield func(FileSize, error) bool) {
		for entries, err := range d.entries(name, 4096) {
			var files []FileSize
			if err == nil {
				files, err = sizesOf(entries)
			}
			for _, file := range files {
				if !yield(file, nil) {
					return
				}
			}
			if err != nil {
				yield(FileSize{}, err)
				return
			}
		}
	}
}

// sizesOf returns the sizes of the entries that are regular files, also beside an error.
func sizesOf(entries []fs.DirEntry) ([]FileSize, error) {
	files := make([]FileSize, len(entries))
	errs := make([]error, statters)
	var wg sync.WaitGroup
	for i := range statters {
		wg.Go(func() {
			for at := i; at < len(entries) && errs[i] == nil; at += statters {
				files[at], errs[i] = sizeOf(entries[at])
			}
		})
	}
	wg.Wait()
	files = slices.DeleteFunc(files, func(f FileSize) bool { return f.Name == "" })
	return files, errors.Join(errs...)
}

// sizeOf returns the size of an entry. The result has no name where the entry is no regular file.
func sizeOf(entry fs.DirEntry) (FileSize, error) {
	if !entry.Type().IsRegular() {
		return FileSize{}, nil
	}
	info, err := entry.Info()
	if errors.Is(err, os.ErrNotExist) || err == nil && !info.Mode().IsRegular() {
		return FileSize{}, nil
	}
	if err != nil {
		return FileSize{}, err
	}
	return FileSize{entry.Name(), info.Size(), info.ModTime(), touched(info)}, nil
}

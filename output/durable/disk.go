package durable

import (
	"errors"
	"io"
	"io/fs"
	"iter"
	"time"
)

// Disk is the output folder. Names are slash-separated and relative to the folder, "." is the
// folder itself, and no name leads out of it. Errors name the operation and the file, as
// *fs.PathError does, and wrap their cause. The methods may be called from many goroutines.
//
// [Dir] is a real folder; tests use a simulated disk, which loses what was not synced.
type Disk interface {
	// Create makes a new file for reading and writing. It fails with fs.ErrExist where the name is
	// taken, even by a link that leads nowhere.
	Create(name string) (File, error)
	// Open opens a file for reading.
	Open(name string) (File, error)
	// Append opens a file for reading from its start and writing at its end, and creates it if it
	// does not exist.
	Append(name string) (File, error)
	// Rename gives a file another name and replaces the file of that name.
	Rename(from, to string) error
	// Remove deletes a file or an empty folder.
	Remove(name string) error
	// Mkdir makes a folder. It succeeds if the folder exists.
	Mkdir(name string) error
	// List yields the names of the regular files in a folder, in any order and as they are
	// read, so that a folder of a million pictures is never held in memory. It ends after the
	// first error.
	List(name string) iter.Seq2[string, error]
	// Sizes yields the regular files in a folder with their sizes and times, in any order. It ends
	// after the first error; a file that is removed meanwhile is left out.
	Sizes(name string) iter.Seq2[FileSize, error]
	// Lstat describes a file and does not follow a link.
	Lstat(name string) (fs.FileInfo, error)
	// Place identifies a file, as opposed to a copy of it, by the boot of the system, the
	// device and the inode. It is "" where that is uncertain: on file systems that are not
	// local, and on systems other than Linux.
	Place(name string) string
	// Lock locks a file, which it creates if it does not exist, or the folder itself (".") for
	// this process until the result is closed. It fails with [ErrLocked] where another process
	// holds the lock and with [ErrNoLocks] where the file system has no locks. The lock is on
	// the file, whatever name the file is given; when Lock returns, name still refers to that
	// file. The lock does not keep anything from being read or written.
	Lock(name string) (io.Closer, error)
	// SyncDir makes the creations, renames and removals in a folder durable. It does nothing
	// where the system has no such call (Windows, some network file systems).
	SyncDir(name string) error
}

// A FileSize describes a file without opening it.
type FileSize struct {
	Name     string // in its folder
	Size     int64
	Modified time.Time // of the last write; programs can set it
	// Touched is when bytes, name or permissions last changed, which no program can set; it is
	// Modified where the system keeps no such time.
	Touched time.Time
}

// File is an open file of a [Disk].
type File interface {
	io.Reader
	io.ReaderAt
	io.Writer
	// Sync makes the file's bytes durable. After an error it is uncertain for good which bytes
	// are: the kernel reports a lost write once, and a second Sync that succeeds proves
	// nothing.
	Sync() error
	Truncate(size int64) error
	Stat() (fs.FileInfo, error)
	Close() error
}

// Exists reports whether there is a file, folder or link of that name.
func Exists(disk Disk, name string) (bool, error) {
	_, err := disk.Lstat(name)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	return err == nil, err
}

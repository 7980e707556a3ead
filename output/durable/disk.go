package durable

import (
	"io"
	"io/fs"
	"iter"
	"time"
)

// Disk is what a batch needs of its output folder. Names are slash-separated, relative to the
// folder, "." being the folder itself, and never leave it. Errors say operation and file, as
// *fs.PathError does, and keep their cause for errors.Is. Its methods may be called from many
// goroutines.
//
// [Dir] is the real folder; tests put a simulated disk in its place that loses what was not synced.
type Disk interface {
	// Create makes a new file for reading and writing. It is an error, fs.ErrExist, where the name is
	// taken, also by a link that leads nowhere.
	Create(name string) (File, error)
	// Open opens a file for reading.
	Open(name string) (File, error)
	// Append opens a file for reading from its start and writing at its end, and creates it where missing.
	Append(name string) (File, error)
	// Rename gives a file another name and replaces what bears that name.
	Rename(from, to string) error
	// Remove deletes a file or an empty folder.
	Remove(name string) error
	// Mkdir makes a folder. It is no error where the folder is there.
	Mkdir(name string) error
	// List yields the names of the regular files in a folder, in any order and as they are read: a folder of a
	// million pictures is never held in memory. It ends after the first error.
	List(name string) iter.Seq2[string, error]
	// Sizes yields what a look at a folder tells of its regular files, in any order. It ends after the first
	// error; a file that goes away meanwhile is none.
	Sizes(name string) iter.Seq2[FileSize, error]
	// Lstat describes a file and does not follow a link.
	Lstat(name string) (fs.FileInfo, error)
	// Place tells a file from its copies: the boot of the system, the device, and the file's number there. It is ""
	// where that is not sure: on other file systems than local ones, and where the system cannot tell.
	Place(name string) string
	// Lock takes a file, which it makes where missing, or the folder itself (".") for this process
	// until it is closed: [ErrLocked] where another process has it, [ErrNoLocks] where the file system
	// has no locks. It is the file that is locked, whatever name it gets, and when Lock returns, name
	// still means it. Reading and writing go on as ever.
	Lock(name string) (io.Closer, error)
	// SyncDir makes the creations, renames and removals in a folder durable. It does nothing where the
	// system has no such call (Windows, some network file systems).
	SyncDir(name string) error
}

// A FileSize is what is known of a file that was not opened.
type FileSize struct {
	Name     string // in its folder
	Size     int64
	Modified time.Time // when its bytes changed, as far as nobody has set that
	// Touched is when the system has last noted a change of bytes, name or rights, which nobody can set; it is Modified
	// where the system keeps no such time.
	Touched time.Time
}

// File is an open file of a [Disk].
type File interface {
	io.Reader
	io.ReaderAt
	io.Writer
	// Sync makes the file's bytes durable. After an error they are in doubt for good: the kernel reports
	// a lost write once, and a second Sync that succeeds proves nothing.
	Sync() error
	Truncate(size int64) error
	Stat() (fs.FileInfo, error)
	Close() error
}

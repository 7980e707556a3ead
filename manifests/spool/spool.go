// Package spool holds text that is written once and then read from several places at once: in
// memory while it is small, else in a temporary file that is unlinked at once, so that even a
// kill leaves nothing behind.
package spool

import (
	"bytes"
	"fmt"
	"io"
	"os"
)

// MemoryLimit is the size in bytes up to which a File stays in memory.
const MemoryLimit = 8 << 20

// A File is a spooled text. The zero File is empty and ready to be written. Once writing has
// ended its readers may be used from several goroutines, until Close.
type File struct {
	memory []byte
	file   *os.File // nil up to MemoryLimit
	size   int64
}

// Write appends p. An error is the disk's.
func (f *File) Write(p []byte) (int, error) {
	if f.file == nil && f.size+int64(len(p)) > MemoryLimit {
		if err := f.spill(); err != nil {
			return 0, err
		}
	}
	f.size += int64(len(p))
	if f.file != nil {
		return f.file.Write(p)
	}
	f.memory = append(f.memory, p...)
	return len(p), nil
}

// spill moves the text into a temporary file. Windows does not unlink an open file: there Close
// removes it.
func (f *File) spill() error {
	t, err := os.CreateTemp("", "qwenbatch-*")
	if err != nil {
		return fmt.Errorf("copy the manifest: %w", err)
	}
	os.Remove(t.Name())
	f.file = t
	if _, err := t.Write(f.memory); err != nil {
		return fmt.Errorf("copy the manifest: %w", err)
	}
	f.memory = nil
	return nil
}

// Close lets go of the text.
func (f *File) Close() error {
	if f.file == nil {
		return nil
	}
	err := f.file.Close()
	os.Remove(f.file.Name()) // gone already, unless on Windows
	return err
}

// Size is the length in bytes.
func (f *File) Size() int64 { return f.size }

// OnDisk reports whether the text has outgrown the memory.
func (f *File) OnDisk() bool { return f.file != nil }

// From reads from an offset to the end.
func (f *File) From(offset int64) io.Reader {
	if f.file == nil {
		return bytes.NewReader(f.memory[min(offset, f.size):])
	}
	return io.NewSectionReader(f.file, offset, f.size-offset)
}

// Section reads from anywhere.
func (f *File) Section() *io.SectionReader {
	if f.file == nil {
		return io.NewSectionReader(bytes.NewReader(f.memory), 0, f.size)
	}
	return io.NewSectionReader(f.file, 0, f.size)
}

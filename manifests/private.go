package manifests

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"os"
	"unicode/utf8"
)

// memoryCopy is the size in bytes up to which a private copy stays in memory.
const memoryCopy = 8 << 20

// A privateCopy is what was in the manifest when it was opened, decoded to UTF-8 and without byte order mark. It is
// written once, then read from several places at once.
type privateCopy struct {
	memory []byte
	file   *os.File // once it is larger than memoryCopy
	size   int64
}

func (c *privateCopy) Write(p []byte) (int, error) {
	if c.file == nil && c.size+int64(len(p)) > memoryCopy {
		if err := c.spill(); err != nil {
			return 0, err
		}
	}
	c.size += int64(len(p))
	if c.file != nil {
		return c.file.Write(p)
	}
	c.memory = append(c.memory, p...)
	return len(p), nil
}

// spill moves the copy into a temporary file. The file is unlinked at once, so that even a kill leaves none behind;
// Windows does not let go of an open file, there close removes it.
func (c *privateCopy) spill() error {
	f, err := os.CreateTemp("", "qwenbatch-*")
	if err != nil {
		return fmt.Errorf("copy the manifest: %w", err)
	}
	os.Remove(f.Name())
	c.file = f
	if _, err := f.Write(c.memory); err != nil {
		return fmt.Errorf("copy the manifest: %w", err)
	}
	c.memory = nil
	return nil
}

func (c *privateCopy) close() error {
	if c.file == nil {
		return nil
	}
	err := c.file.Close()
	os.Remove(c.file.Name()) // gone already, unless on Windows
	return err
}

// from reads the copy from an offset to its end.
func (c *privateCopy) from(offset int64) io.Reader {
	if c.file == nil {
		return bytes.NewReader(c.memory[min(offset, c.size):])
	}
	return io.NewSectionReader(c.file, offset, c.size-offset)
}

// whole reads the copy from anywhere.
func (c *privateCopy) whole() *io.SectionReader {
	if c.file == nil {
		return io.NewSectionReader(bytes.NewReader(c.memory), 0, c.size)
	}
	return io.NewSectionReader(c.file, 0, c.size)
}

// readAt fills p with what stands at an offset.
func (c *privateCopy) readAt(p []byte, offset int64) error {
	if c.file == nil {
		copy(p, c.memory[offset:])
		return nil
	}
	_, err := c.file.ReadAt(p, offset)
	return err
}

// position counts the lines and code points before an offset.
func (c *privateCopy) position(path string, offset int64) Position {
	r := bufio.NewReaderSize(io.LimitReader(c.from(0), offset), 1<<16)
	pos := Position{File: path, Line: 1, Column: 1}
	last := byte(0)
	for {
		b, err := r.ReadByte()
		if err != nil {
			return pos
		}
		switch {
		case b == '\n' && last == '\r':
		case b == '\n' || b == '\r':
			pos.Line, pos.Column = pos.Line+1, 1
		case utf8.RuneStart(b):
			pos.Column++
		}
		last = b
	}
}

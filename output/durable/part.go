package durable

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"io"
	"path"
	"regexp"
	"strings"
	"syscall"
)

// A part is a file without its final name yet. It is called ".NAME-xxxxxxxx.part" and is in the
// same folder, so that the rename stays within one file system. The digits are random, so that
// no link can be planted under the name.

var partPattern = regexp.MustCompile(`^\..*-[0-9a-f]{8}\.part$`)

// IsPart reports whether name is the name of a part.
func IsPart(name string) bool {
	return strings.HasPrefix(name, ".") && partPattern.MatchString(name)
}

// partLimit is how many bytes of a file's name go into its part's: file systems take 255 bytes.
const partLimit = 200

// partOf returns a new name for a part of the file.
func partOf(file string) string {
	var salt [4]byte
	rand.Read(salt[:])
	dir, name := path.Split(file)
	shortened := strings.ToValidUTF8(name[:min(len(name), partLimit)], "")
	return dir + "." + shortened + "-" + hex.EncodeToString(salt[:]) + ".part"
}

// writePart writes a part of the file, syncs it, and returns its name. If a step fails, the
// part is removed and the step is not tried again: after a failed sync it is uncertain which
// bytes are durable.
//
// A crash before it returns leaves a part that may be cut.
func writePart(d Disk, file string, write func(io.Writer) error) (string, error) {
	part := partOf(file)
	f, err := d.Create(part)
	if err != nil {
		return "", err
	}
	if err := fill(f, write); err != nil {
		d.Remove(part) // if that fails, Leftovers finds it
		return "", err
	}
	return part, nil
}

// contents writes data.
func contents(data []byte) func(io.Writer) error {
	return func(w io.Writer) error {
		_, err := w.Write(data)
		return err
	}
}

// fill writes, syncs and closes a file. It returns the first error.
func fill(f File, write func(io.Writer) error) error {
	err := write(steadyWriter{f})
	if err == nil {
		err = f.Sync()
	}
	if closed := f.Close(); err == nil {
		err = closed
	}
	return err
}

// A steadyWriter goes on after an interrupted or short write.
type steadyWriter struct{ w io.Writer }

// maxIdleWrites is how many writes in a row may write nothing.
const maxIdleWrites = 100

func (s steadyWriter) Write(b []byte) (int, error) {
	done, idle := 0, 0
	for done < len(b) {
		n, err := s.w.Write(b[done:])
		done += n
		if err != nil && !errors.Is(err, syscall.EINTR) && !errors.Is(err, io.ErrShortWrite) {
			return done, err
		}
		if n > 0 {
			idle = 0
		} else if idle++; idle == maxIdleWrites {
			return done, errors.Join(io.ErrNoProgress, err)
		}
	}
	return done, nil
}

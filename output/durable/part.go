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

// A part is a file that has no final name yet: ".NAME-xxxxxxxx.part" beside where it will stand, so that
// the rename stays within one folder. The name is random, so that nobody can plant a link under it.

var partPattern = regexp.MustCompile(`^\..*-[0-9a-f]{8}\.part$`)

// IsPart tells a part by its name.
func IsPart(name string) bool { return strings.HasPrefix(name, ".") && partPattern.MatchString(name) }

// partLimit is how many bytes of a name its part bears: names of 255 bytes are the most that file systems take.
const partLimit = 200

// partOf is a new name of a part of the file.
func partOf(file string) string {
	var salt [4]byte
	rand.Read(salt[:])
	dir, name := path.Split(file)
	shortened := strings.ToValidUTF8(name[:min(len(name), partLimit)], "")
	return dir + "." + shortened + "-" + hex.EncodeToString(salt[:]) + ".part"
}

// writePart writes a part of the file and makes its bytes durable. A part that failed is removed: after a
// failed sync its bytes are in doubt for good, so the file is not tried again.
//
// A crash anywhere in here leaves a part that nobody trusts.
func writePart(d Disk, file string, write func(io.Writer) error) (string, error) {
	part := partOf(file)
	f, err := d.Create(part)
	if err != nil {
		return "", err
	}
	if err := fill(f, write); err != nil {
		d.Remove(part) // at worst it stays for Leftovers: the first error is the one to tell
		return "", err
	}
	return part, nil
}

func fill(f File, write func(io.Writer) error) error {
	err := write(steady{f})
	if err == nil {
		err = f.Sync()
	}
	if closed := f.Close(); err == nil {
		err = closed
	}
	return err
}

// steady is a writer that goes on after an interrupted or short write.
type steady struct{ w io.Writer }

// idleWrites is how many writes in a row may take nothing.
const idleWrites = 100

func (s steady) Write(b []byte) (int, error) {
	done, idle := 0, 0
	for done < len(b) {
		n, err := s.w.Write(b[done:])
		done += n
		if err != nil && !errors.Is(err, syscall.EINTR) && !errors.Is(err, io.ErrShortWrite) {
			return done, err
		}
		if n > 0 {
			idle = 0
		} else if idle++; idle == idleWrites {
			return done, errors.Join(io.ErrNoProgress, err)
		}
	}
	return done, nil
}

package durable

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"strings"
)

// Replace writes a report: at any moment name holds the old one or the new one, whole. What write writes
// is buffered, and an error of its makes the old report stay.
func Replace(d Disk, name string, write func(io.Writer) error) error {
	part, err := writeReport(d, name, write)
	if err == nil {
		err = install(d, part, name)
	}
	if err != nil {
		return fmt.Errorf("replace %s: %w", name, err)
	}
	return nil
}

// ReplaceOrBeside is [Replace] for reports that people keep open in a program that locks them, as Excel
// on Windows does: where name may not be replaced, the report is written to NAME.new.EXT beside it. It
// returns the name that was written.
func ReplaceOrBeside(d Disk, name string, write func(io.Writer) error) (string, error) {
	used := name
	part, err := writeReport(d, name, write)
	if err == nil {
		used, err = installOrBeside(d, part, name)
	}
	if err != nil {
		return "", fmt.Errorf("replace %s: %w", name, err)
	}
	return used, nil
}

// ReplaceUnsynced writes a file that can be made again, without any fsync: after a crash of the process
// name holds the old file or the new one, whole; after a power cut it may be empty or cut.
func ReplaceUnsynced(d Disk, name string, b []byte) error {
	part := partOf(name)
	f, err := d.Create(part)
	if err != nil {
		return err
	}
	_, err = steady{f}.Write(b)
	if err = errors.Join(err, f.Close()); err == nil {
		err = d.Rename(part, name)
	}
	if err != nil {
		d.Remove(part)
	}
	return err
}

func writeReport(d Disk, name string, write func(io.Writer) error) (string, error) {
	return writePart(d, name, func(w io.Writer) error {
		buffer := bufio.NewWriterSize(w, 1<<16)
		if err := write(buffer); err != nil {
			return err
		}
		return buffer.Flush()
	})
}

// install renames a durable part over name and removes it where that fails.
func install(d Disk, part, name string) error {
	if err := d.Rename(part, name); err != nil {
		d.Remove(part)
		return err
	}
	return d.SyncDir(path.Dir(name))
}

// installOrBeside tries name, then the name beside it. Windows says "access denied" or "sharing violation"
// of a file that is open elsewhere; a Unix that says the former of one file may well allow the other.
func installOrBeside(d Disk, part, name string) (string, error) {
	err := d.Rename(part, name)
	if err == nil {
		return name, d.SyncDir(path.Dir(name))
	}
	if !inUse(err) && !errors.Is(err, fs.ErrPermission) {
		d.Remove(part)
		return "", err
	}
	return beside(name), install(d, part, beside(name))
}

// beside is results.new.csv for results.csv.
func beside(name string) string {
	ext := path.Ext(name)
	return strings.TrimSuffix(name, ext) + ".new" + ext
}

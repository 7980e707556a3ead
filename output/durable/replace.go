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

// Replace writes a report: at any moment name holds the old report or the new one, whole. The
// writer that write gets is buffered. If write or a later step before the rename fails, the old
// report stays.
func Replace(d Disk, name string, write func(io.Writer) error) error {
	part, err := writeReport(d, name, write)
	if err == nil {
		err = installOver(d, part, name)
	}
	if err != nil {
		return fmt.Errorf("replace %s: %w", name, err)
	}
	return nil
}

// ReplaceOrBeside is [Replace] for reports that may be open in a program which locks them, as
// Excel does on Windows: if name cannot be replaced for that reason, the report becomes
// NAME.new.EXT beside it. ReplaceOrBeside returns the name of the file that it wrote.
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

// ReplaceUnsynced writes a file that can be made again, without any fsync: after a kill name
// holds the old file or the new one, whole; after a power cut it may be empty or cut.
func ReplaceUnsynced(d Disk, name string, b []byte) error {
	part := partOf(name)
	f, err := d.Create(part)
	if err != nil {
		return err
	}
	_, err = steadyWriter{f}.Write(b)
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

// installOver renames a synced part over name and syncs the folder. If the rename fails, it
// removes the part.
func installOver(d Disk, part, name string) error {
	if err := d.Rename(part, name); err != nil {
		d.Remove(part)
		return err
	}
	return d.SyncDir(path.Dir(name))
}

// installOrBeside tries name, then the name beside it. For a file that is open elsewhere
// Windows returns "access denied" or "sharing violation"; a Unix which denies access to one
// name may allow the other.
func installOrBeside(d Disk, part, name string) (string, error) {
	err := d.Rename(part, name)
	if err == nil {
		return name, d.SyncDir(path.Dir(name))
	}
	if !inUse(err) && !errors.Is(err, fs.ErrPermission) {
		d.Remove(part)
		return "", err
	}
	return beside(name), installOver(d, part, beside(name))
}

// beside returns results.new.csv for results.csv.
func beside(name string) string {
	ext := path.Ext(name)
	return strings.TrimSuffix(name, ext) + ".new" + ext
}

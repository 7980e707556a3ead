package durable

import (
	"bytes"
	"fmt"
	"path"
)

// probeText is repeated to fill a block of 4 KB: file systems keep smaller files in the inode,
// which succeeds on a full disk. It is text, so that the part which a killed probe leaves is no
// picture.
const probeText = "This file proves that the output folder can be written. ...... \n"

const probeRepeats = 4096 / len(probeText)

// Probe checks, before anything is paid, that pictures and reports can be written: in images/,
// which it makes if it does not exist, and in the folder itself it creates, writes, syncs,
// renames and removes a file and syncs the folder.
func Probe(d Disk) error {
	if err := d.Mkdir("images"); err != nil {
		return fmt.Errorf("probe output folder: %w", err)
	}
	for _, dir := range []string{"images", "."} {
		if err := ProbeDir(d, dir); err != nil {
			return fmt.Errorf("probe output folder: %w", err)
		}
	}
	return nil
}

// ProbeDir checks one folder as [Probe] does. Several processes may probe a folder at once:
// each writes under names of its own.
func ProbeDir(d Disk, dir string) error {
	file := path.Join(dir, "probe")
	part, err := writePart(d, file, contents(bytes.Repeat([]byte(probeText), probeRepeats)))
	if err != nil {
		return err
	}
	renamed := partOf(file) // a part as well, for Leftovers to find after a crash
	if err := d.Rename(part, renamed); err != nil {
		d.Remove(part)
		return err
	}
	if err := d.SyncDir(dir); err != nil {
		d.Remove(renamed)
		return err
	}
	return d.Remove(renamed)
}

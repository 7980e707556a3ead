package durable

import (
	"fmt"
	"io"
	"path"
	"strings"
)

// probeText fills a block of 4 KB: file systems keep smaller files in the inode, where a full disk does not
// show. It is text, so that nobody takes what a dead probe leaves for a picture.
const probeText = "This file proves that the output folder can be written. ...... \n"

const probeRepeats = 4096 / len(probeText)

// Probe proves that pictures and reports can be kept, before anything is paid: in images/, which it makes
// where missing, and in the folder itself it creates, writes, syncs, renames and removes a file and syncs
// the folder.
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

// ProbeDir proves that files can be kept in one folder, as [Probe] does. Several processes may probe a folder
// at once: what they write has names of its own.
func ProbeDir(d Disk, dir string) error {
	file := path.Join(dir, "probe")
	part, err := writePart(d, file, func(w io.Writer) error {
		_, err := io.WriteString(w, strings.Repeat(probeText, probeRepeats))
		return err
	})
	if err != nil {
		return err
	}
	renamed := partOf(file) // a part too, so that a crash leaves nothing that looks like a picture
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

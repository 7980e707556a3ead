package cli

import (
	"os"
	"path/filepath"
	"runtime"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/qwenbatch/qwenbatch/batch"
	"github.com/qwenbatch/qwenbatch/batch/state"
	"github.com/qwenbatch/qwenbatch/output/durable"
)

// outputFolders returns the folders with a state file beside a manifest and beside its own output
// folder, which is not among them.
func outputFolders(manifest, own string) []string {
	places := []string{filepath.Dir(manifest)}
	if beside := filepath.Dir(own); !sameFile(beside, places[0]) {
		places = append(places, beside)
	}
	var folders []string
	add := func(folder string) {
		info, err := os.Stat(filepath.Join(folder, state.FileName))
		if err == nil && info.Mode().IsRegular() && !sameFile(folder, own) {
			folders = append(folders, folder)
		}
	}
	for _, place := range places {
		add(place)
		entries, _ := os.ReadDir(place) // what cannot be read holds nothing that could be named
		for _, e := range entries {
			if !e.Type().IsRegular() {
				add(filepath.Join(place, e.Name()))
			}
		}
	}
	return folders
}

func sameFile(a, b string) bool {
	one, err := os.Stat(a)
	other, otherErr := os.Stat(b)
	return err == nil && otherErr == nil && os.SameFile(one, other)
}

// A neighbour is another output folder.
type neighbour struct {
	folder   string
	items    int // of the manifest, that are paid for in it, or may be
	settings state.Settings
	modified time.Time // its state file
	err      error     // why that is not known, or not all of it
}

// lookInto counts the items of a manifest that each folder holds.
func lookInto(folders []string, index *batch.Index) []neighbour {
	found := make([]neighbour, len(folders))
	wanted := index.Wanted()
	var g errgroup.Group
	g.SetLimit(runtime.GOMAXPROCS(0))
	for i, folder := range folders {
		g.Go(func() error {
			found[i] = lookAt(folder, index, wanted)
			return nil
		})
	}
	g.Wait()
	return found
}

func lookAt(folder string, index *batch.Index, wanted map[state.Fingerprint]bool) neighbour {
	n := neighbour{folder: folder}
	dir, err := durable.OpenDir(folder)
	if err != nil {
		n.err = err
		return n
	}
	defer dir.Close()
	if info, err := dir.Lstat(state.FileName); err == nil {
		n.modified = info.ModTime()
	}
	paid, err := state.ReadPaid(dir, wanted)
	if err != nil {
		n.err = err
		return n
	}
	n.settings, n.err = paid.Settings, paid.Damage
	n.items = index.PaidIn(paid)
	return n
}

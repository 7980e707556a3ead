package durable

import (
	"fmt"
	"os"
	"sync"
	"testing"
)

// TestM11PublishShared publishes one name from many at once, as parallel runs of generate do: none loses its picture.
func TestM11PublishShared(t *testing.T) {
	d := openTemp(t)
	const n = 32
	var all sync.WaitGroup
	for i := range n {
		all.Go(func() {
			if _, err := d.PublishShared("fox.png", fmt.Append(nil, "picture ", i)); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	files, err := os.ReadDir(d.Path())
	if err != nil || len(files) != n {
		t.Errorf("there are %d files, %v, want %d", len(files), err, n)
	}
	seen := map[string]bool{}
	for _, f := range files {
		text, err := os.ReadFile(d.Path() + "/" + f.Name())
		if err != nil {
			t.Error(err)
		}
		seen[string(text)] = true
	}
	if len(seen) != n {
		t.Errorf("%d pictures are kept of %d", len(seen), n)
	}
}

// TestM11ProbeTogether probes one folder from many at once.
func TestM11ProbeTogether(t *testing.T) {
	d := openTemp(t)
	var all sync.WaitGroup
	for range 32 {
		all.Go(func() {
			if err := ProbeDir(d, "."); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if files, err := os.ReadDir(d.Path()); err != nil || len(files) > 0 {
		t.Errorf("the probes leave %v, %v", files, err)
	}
}

package batch

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// simManifests are sheets of one to four items, some with the same words and some without ids; [0] of each is what a
// first, undisturbed run has made: a task of ours that the list can be seen to show.
func simManifests(t testing.TB) [][2]string {
	dir := t.TempDir()
	sheets := []struct {
		header string
		rows   []string
	}{
		{"id,prompt", []string{"a,a red cat", "b,a blue dog"}},
		{"id,prompt", []string{"a,一只猫", "b,a blue dog", "c,a bird"}},
		{"id,prompt", []string{"a,a red cat", "b,same words", "c,same words"}},
		{"prompt,seed", []string{"a red cat,1", "a red cat,2", "a bird,3"}},
		{"prompt", []string{"first", "twin", "twin", "other"}},
		{"id,prompt,size", []string{"a,a red cat,1:1", "b,a red cat,16:9", "c,wide,16:9", "d,tall,9:16"}},
	}
	var all [][2]string
	for i, s := range sheets {
		var pair [2]string
		for j, rows := range []int{1, len(s.rows)} {
			pair[j] = filepath.Join(dir, fmt.Sprintf("%d-%d.csv", i, j))
			content := s.header + "\n" + strings.Join(s.rows[:rows], "\n") + "\n"
			if err := os.WriteFile(pair[j], []byte(content), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		all = append(all, pair)
	}
	return all
}

var simItems = []int{2, 3, 3, 3, 4, 4}

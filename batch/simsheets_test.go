package batch

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A simSheet is a manifest of a simulated batch.
type simSheet struct {
	header string
	rows   []string
	models bool // more than one, or one that behaves unlike the others
	// first is a file of its first row alone: what an undisturbed run has made is a task of ours that the list can be seen
	// to show. whole has all rows, and other has them with seeds of another batch.
	first, whole, other string
}

// simSheets are sheets of one to four items, some with the same words and some without ids.
func simSheets(t testing.TB) []simSheet {
	dir := t.TempDir()
	sheets := []simSheet{
		{header: "id,prompt", rows: []string{"a,a red cat", "b,a blue dog"}},
		{header: "id,prompt", rows: []string{"a,一只猫", "b,a blue dog", "c,a bird"}},
		{header: "id,prompt", rows: []string{"a,a red cat", "b,same words", "c,same words"}},
		{header: "prompt,seed", rows: []string{"a red cat,1", "a red cat,2", "a bird,3"}},
		{header: "prompt", rows: []string{"first", "twin", "twin", "other"}},
		{header: "id,prompt,size", rows: []string{"a,a red cat,1:1", "b,a red cat,16:9", "c,wide,16:9", "d,tall,9:16"}},
		{header: "id,prompt,model", rows: []string{"a,a red cat,qwen-image", "b,a red cat,qwen-image-plus", "c,a bird,qwen-image-plus", "d,a bird,qwen-image"}, models: true},
		{header: "id,prompt,model", rows: []string{"a,a red cat,qwen-image-plus", "b,same words,qwen-image", "c,same words,qwen-image", "d,same words,qwen-image-plus"}, models: true},
		{header: "id,prompt,model", rows: []string{"a,a red cat,qwen-image-3.0", "b,a bird,qwen-image-plus", "c,a bird,qwen-image-3.0"}, models: true},
		{header: "id,prompt,model", rows: []string{"a,a red cat,qwen-image-plus", "b,a bird,qwen-image-max", "c,a dog,qwen-image-plus"}, models: true},
	}
	for i := range sheets {
		s := &sheets[i]
		write := func(name, header string, rows []string) string {
			path := filepath.Join(dir, fmt.Sprintf("%d-%s.csv", i, name))
			if err := os.WriteFile(path, []byte(header+"\n"+strings.Join(rows, "\n")+"\n"), 0o644); err != nil {
				t.Fatal(err)
			}
			return path
		}
		s.first, s.whole = write("first", s.header, s.rows[:1]), write("whole", s.header, s.rows)
		header, seeded := strings.CutSuffix(s.header, ",seed")
		var rows []string
		for n, row := range s.rows {
			if seeded {
				row = row[:strings.LastIndexByte(row, ',')]
			}
			rows = append(rows, fmt.Sprintf("%s,%d", row, 1_000_000+n))
		}
		s.other = write("other", header+",seed", rows)
	}
	return sheets
}

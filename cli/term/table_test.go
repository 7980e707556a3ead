package term

import (
	"bytes"
	"strings"
	"testing"
)

// TestTable: 80 columns at most, Chinese counting two.
func TestTable(t *testing.T) {
	table := &Table{Heads: []string{"MODEL", "COST"}}
	table.Add(strings.Repeat("猫", 60), "¥1.00")
	table.Add("dog", "¥12.00")
	var b bytes.Buffer
	table.Print(&b)
	for text := range strings.Lines(b.String()) {
		if w := Width(strings.TrimRight(text, "\n")); w > ScreenWidth {
			t.Errorf("%d columns: %s", w, text)
		}
	}
	if !strings.HasSuffix(b.String(), "  ¥12.00\n") {
		t.Errorf("costs do not stand right:\n%s", b.String())
	}
}

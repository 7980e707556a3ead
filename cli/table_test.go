package cli

import (
	"bytes"
	"strings"
	"testing"
)

// TestTable: 80 columns at most, Chinese counting two.
func TestTable(t *testing.T) {
	table := &table{heads: []string{"MODEL", "COST"}}
	table.add(strings.Repeat("猫", 60), "¥1.00")
	table.add("dog", "¥12.00")
	var b bytes.Buffer
	table.print(&b)
	for text := range strings.Lines(b.String()) {
		if w := width(strings.TrimRight(text, "\n")); w > screenWidth {
			t.Errorf("%d columns: %s", w, text)
		}
	}
	if !strings.HasSuffix(b.String(), "  ¥12.00\n") {
		t.Errorf("costs do not stand right:\n%s", b.String())
	}
}

package cli

import (
	"io"

	"github.com/qwenbatch/qwenbatch/batch"
)

// openJUnit proves that the JUnit report can be written. It is nil where none is wanted.
func openJUnit(path string) (*extraFile, error) {
	return openExtraFile("JUnit report", "--junit", ".xml", path)
}

// writeJUnit replaces the JUnit report by what stands now; a nil file writes none.
func writeJUnit(f *extraFile, b *batch.Batch, advice map[string]string) error {
	return f.replace(func(w io.Writer) error { return b.WriteJUnit(w, advice) })
}

// adviceByStatus returns what can be done with an item, by its status. Its readers see the
// report and not the run.
func adviceByStatus(run string, commandOf func(verb string) string) map[string]string {
	return map[string]string{
		"failed": "nothing was charged. Change its row, or try it again: " + run +
			" --retry-failed",
		"held": "it may have been charged. To see: " + commandOf("audit") + "; to settle it: " +
			commandOf("resolve") + " ID",
		"missing": "put the file back if you have it; within 24 hours it is fetched again: " +
			run + "; to buy it again: " + run + " --redo missing",
	}
}

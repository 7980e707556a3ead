package cli

import (
	"io"

	"github.com/qwenbatch/qwenbatch/batch"
	"github.com/qwenbatch/qwenbatch/output"
)

// openJUnit proves that the JUnit report can be written. It is nil where none is wanted.
func openJUnit(path string) (*extraFile, error) {
	return openExtraFile("JUnit report", "--junit", ".xml", path)
}

// writeJUnit replaces the JUnit report by what stands now; a nil file writes none.
func writeJUnit(f *extraFile, b *batch.Batch, advice map[string]string) error {
	return f.replace(func(w io.Writer) error { return b.View().WriteJUnit(w, advice) })
}

// adviceOf returns what can be done with an item, by its status, or by its status and error code.
// Its readers see the report and not the run.
func adviceOf(b *batch.Batch, run string, commandOf func(verb string) string) map[string]string {
	advice := map[string]string{
		"failed": "nothing was charged. Change its row, or try it again: " + run +
			" --retry-failed",
		"held": "it may have been charged. To see: " + commandOf("audit") + "; to settle it: " +
			commandOf("resolve") + " ID",
		"missing": "put the file back if you have it; within 24 hours it is fetched again: " +
			run + "; to buy it again: " + run + " --redo missing",
	}
	for code := range failuresByCode(b) {
		if isRefused(code) {
			advice[output.AdviceKey("failed", code)] = "nothing was charged. The service refuses " +
				"these words: change them in its row, then: " + run
		}
	}
	return advice
}

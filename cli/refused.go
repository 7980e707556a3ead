package cli

import (
	"fmt"

	"github.com/qwenbatch/qwenbatch/batch"
	"github.com/qwenbatch/qwenbatch/batch/report"
	"github.com/qwenbatch/qwenbatch/cli/term"
	"github.com/qwenbatch/qwenbatch/client"
)

// failuresByCode counts the failed items of a batch by their error codes.
func failuresByCode(b *batch.Batch) map[string]int {
	reasons := map[string]int{}
	for f, err := range b.View().Failures() {
		if err == nil && f.Status == "failed" {
			reasons[f.Code]++
		}
	}
	return reasons
}

// isRefused reports whether an error code is about what a prompt says: the same words are refused
// again, so that the row wants others.
func isRefused(code string) bool { return (&client.APIError{Code: code}).ContentFiltered() }

// refusedOf is how many of the failed items have prompts that were refused.
func refusedOf(reasons map[string]int) (n int) {
	for code, items := range reasons {
		if isRefused(code) {
			n += items
		}
	}
	return n
}

// retryNote says what a failed item wants, where so many of them were refused.
func retryNote(failed, refused int) string {
	switch {
	case refused == 0:
		return "--retry-failed tries them again"
	case refused == failed:
		return "refused by the content filter: reword them"
	}
	return fmt.Sprintf("%s refused: reword them; --retry-failed tries the rest again",
		term.Number(refused))
}

// problemsOf returns at most so many failed or held items, the number of further ones, and what
// the held ones may have cost.
func problemsOf(b *batch.Batch, most int) (held client.Money, some []report.Failure, more int,
	err error) {
	for f, err := range b.View().Failures() {
		if err != nil {
			return held, some, more, err
		}
		held += f.Cost
		if len(some) < most {
			some = append(some, f)
		} else {
			more++
		}
	}
	return held, some, more, nil
}

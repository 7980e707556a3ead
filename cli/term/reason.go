package term

import (
	"fmt"
	"strings"

	"github.com/qwenbatch/qwenbatch/batch"
	"github.com/qwenbatch/qwenbatch/batch/halt"
)

// RefusalText tells which model refuses all submissions, since when and why.
func RefusalText(r halt.Refusal) string {
	return fmt.Sprintf("%s refuses since %s (%s)",
		Line(r.Model), ClockText(r.Since), Line(r.Cause.Code))
}

// UnfetchedText tells how many open items are paid while their pictures could not be fetched,
// "" for none.
func UnfetchedText(n int) string {
	if n == 0 {
		return ""
	}
	return " (" + Number(n) + " paid, no picture yet)"
}

// troubleLine is the line about an item that failed or is held.
func troubleLine(e batch.Event) string {
	name := e.ID
	if name == "" {
		name = Quote(Short(e.Prompt, 24))
	}
	return fmt.Sprintf("%s %s: %s", e.Phase, Short(name, 30), ReasonOf(e.Code, e.Message))
}

// ReasonOf joins code and message of the service, the message cut to 120 columns.
func ReasonOf(code, message string) string { return WholeReason(code, Short(message, 120)) }

// WholeReason is ReasonOf with the whole message.
func WholeReason(code, message string) string {
	switch {
	case message == "":
		return Line(code)
	case code == "" || strings.Contains(message, code):
		return Line(message)
	}
	return Line(code) + ": " + Line(message)
}

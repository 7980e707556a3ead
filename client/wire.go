package client

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// envelope is every answer of the API but the list's; fields are absent, null or empty by
// edition and SDK (wire.md §1, §2).
type envelope struct {
	RequestID string `json:"request_id"`
	Code      string `json:"code"`
	Message   string `json:"message"`
	Msg       string `json:"msg"`
	Output    struct {
		TaskID    string `json:"task_id"`
		Status    string `json:"task_status"`
		Submitted string `json:"submit_time"`
		Scheduled string `json:"scheduled_time"`
		Ended     string `json:"end_time"`
		Code      string `json:"code"`
		Message   string `json:"message"`
		// other tasks' (wire.md §2); "Success" where it is one
		Error   string            `json:"error_message"`
		Results []json.RawMessage `json:"results"`
		Choices []json.RawMessage `json:"choices"`
	} `json:"output"`
	// Usage has other members for every model; only counts are read, and none is required.
	Usage struct {
		Images float64 `json:"image_count"`
		Output float64 `json:"output_image_count"` // qwen-image-3.0
	} `json:"usage"`
	// Error is the other envelope, of OpenAI-compatible hosts and gateways.
	Error openAIError `json:"error"`

	key    Key
	body   []byte
	openAI bool // Code and Message are Error's
}

// An openAIError is the error of an OpenAI-compatible host. Its code is a string, a number or
// null, and then the type is all.
type openAIError struct {
	Code    json.RawMessage `json:"code"`
	Message string          `json:"message"`
	Type    string          `json:"type"`
}

// code is the code as text, else the type.
func (e openAIError) code() string {
	if len(e.Code) == 0 { // most answers are no such error
		return e.Type
	}
	var text string
	var number json.Number
	switch {
	case json.Unmarshal(e.Code, &text) == nil && text != "":
		return text
	case json.Unmarshal(e.Code, &number) == nil && number != "":
		return number.String()
	}
	return e.Type
}

// known reports whether an answer without a task is in the service's envelope or OpenAI's.
// Frameworks also write a flat code; the service's is in the table of codes or has a request id.
func (e envelope) known() bool {
	_, listed := lookup(e.Code, e.Message)
	return e.Code != "" && (e.openAI || listed || e.RequestID != "")
}

type choice struct {
	Message struct {
		Content []struct {
			Image string `json:"image"`
		} `json:"content"`
	} `json:"message"`
}

// envelope decodes an answer. ErrUnreadable wraps what is not JSON. A member of an
// unexpected type counts as absent and the rest is still used: a task id is worth money.
func (a answer) envelope() (envelope, error) {
	e := envelope{key: a.key, body: a.body}
	if err := decode(a.body, &e); err != nil {
		return e, fmt.Errorf("%w: %s", ErrUnreadable, describe(a.body))
	}
	if e.openAI = e.Code == "" && e.Error.code() != ""; e.openAI {
		e.Code, e.Message = e.Error.code(), e.Error.Message
	}
	e.RequestID, e.Code, e.Message = e.text(e.RequestID), e.text(e.Code), e.text(
		cmp.Or(e.Message, e.Msg))
	return e, nil
}

func (e envelope) text(s string) string { return e.key.plain(s) }

// decode is json.Unmarshal without its error about types: it has decoded everything else then.
func decode(data []byte, into any) error {
	err := json.Unmarshal(data, into)
	if _, other := errors.AsType[*json.UnmarshalTypeError](err); other {
		return nil
	}
	return err
}

// describe summarises a body that is not JSON.
func describe(body []byte) string {
	text := strings.TrimSpace(strings.ToLower(string(body[:min(len(body), 512)])))
	switch {
	case text == "":
		return "empty body"
	case strings.Contains(text, "<html") || strings.Contains(text, "<!doctype"):
		return "an HTML page; is a proxy or a login page in between?"
	case text[0] == '{' || text[0] == '[':
		return "torn or odd JSON"
	}
	return fmt.Sprintf("%d bytes of something else", len(body))
}

// beginning returns the first characters of a foreign body on one line that is safe to print.
func beginning(body string) string {
	s := strings.Join(strings.Fields(oneLine(body)), " ")
	if runes := []rune(s); len(runes) > 200 {
		s = string(runes[:200]) + "…"
	}
	return s
}

// isTaskID reports whether s may be a task id, 1 to 64 of A-Z a-z 0-9 and -: it becomes part of
// a path.
func isTaskID(s string) bool {
	return s != "" && len(s) <= 64 && !strings.ContainsFunc(
		s, func(r rune) bool { return !isLetter(r) && r != '-' && (r < '0' || r > '9') })
}

// status takes a word of up to 32 letters and _ as it is and quotes anything else, so that
// nothing odd becomes a status by being cleaned.
func status(s string) Status {
	if len(s) > 32 || strings.ContainsFunc(s,
		func(r rune) bool { return !isLetter(r) && r != '_' }) {
		s = oneLine(strconv.QuoteToASCII(s))
	}
	return Status(s)
}

func isLetter(r rune) bool { return 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' }

// task turns an answer into a Task.
func (e envelope) task() Task {
	body := e.body
	t := Task{
		ID: e.Output.TaskID, RequestID: e.RequestID, Status: status(e.Output.Status),
		Code: e.text(e.Output.Code), Message: e.text(e.Output.Message),
		Submitted: parseTime(e.Output.Submitted), Scheduled: parseTime(
			e.Output.Scheduled), Ended: parseTime(e.Output.Ended),
		Results: e.results(), Images: e.images(), raw: &body,
	}
	// lobe-chat's tests expect the reason at the top level or not at all
	if t.Status == Failed && t.Code == "" {
		t.Code, t.Message = e.Code, cmp.Or(t.Message, e.Message, e.text(e.Output.Error))
	}
	return t
}

// maxResults bounds the memory of an answer, far above what a request may ask for (12 in one mode
// of wan2.7).
const maxResults = 1000

// results reads both shapes: results[] of text2image, choices[].message.content[] of the others.
func (e envelope) results() []Result {
	var all []Result
	for _, raw := range e.Output.Results[:min(len(e.Output.Results), maxResults)] {
		var r struct {
			URL     string `json:"url"`
			Orig    string `json:"orig_prompt"`
			Actual  string `json:"actual_prompt"`
			Code    string `json:"code"`
			Message string `json:"message"`
		}
		_ = decode(raw, &r) // it is valid JSON, as part of a whole
		all = append(all, Result{URL: r.URL, OrigPrompt: r.Orig, ActualPrompt: r.Actual,
			Code: e.text(r.Code), Message: e.text(r.Message)})
	}
	for _, raw := range e.Output.Choices[:min(len(e.Output.Choices), maxResults)] {
		all = append(all, pictures(raw)...)
	}
	return all[:min(len(all), maxResults)]
}

// pictures reads one choice; other families put a plain string where pictures are a list.
func pictures(raw []byte) []Result {
	var c choice
	_ = decode(raw, &c)
	var all []Result
	for _, part := range c.Message.Content[:min(len(c.Message.Content), maxResults)] {
		if part.Image != "" { // z-image puts a text beside the picture
			all = append(all, Result{URL: part.Image})
		}
	}
	return all
}

// images is the number of billed pictures, 0 for an impossible number.
func (e envelope) images() int {
	if n := max(e.Usage.Images, e.Usage.Output); n > 0 && n <= maxResults {
		return int(n)
	}
	return 0
}

// serviceZone is the zone of the service's time strings: recorded traffic is UTC+8 (wire.md §2,
// 2024-03).
var serviceZone = time.FixedZone("UTC+8", 8*60*60)

// parseTime reads "2024-03-01 17:38:24.817", with or without the milliseconds; zero for
// anything else.
func parseTime(s string) time.Time {
	if s == "" { // not yet: an error of the parser costs more than a time
		return time.Time{}
	}
	t, err := time.ParseInLocation("2006-01-02 15:04:05.999", s, serviceZone)
	if err != nil {
		return time.Time{}
	}
	return t
}

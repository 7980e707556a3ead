package emulator

import (
	"net/http"
	"strings"
)

// The envelopes that [Fault.Envelope] puts an error in, in place of the service's own: what
// gateways and web frameworks between a client and the service write.
const (
	EnvelopeOpenAI    = "openai"    // {"error":{"code","message","type","param"}}
	EnvelopeFramework = "framework" // {"detail"} or, every second time, {"timestamp","status",…}
	EnvelopeNumeric   = "numeric"   // {"code":400,"message"}: the code is a number
)

type wireOpenAI struct {
	Error wireOpenAIError `json:"error"`
}

type wireOpenAIError struct {
	Code    string  `json:"code"`
	Message string  `json:"message"`
	Type    string  `json:"type"`
	Param   *string `json:"param"`
}

type wireDetail struct {
	Detail string `json:"detail"`
}

type wireSpring struct {
	Timestamp string `json:"timestamp"`
	Status    int    `json:"status"`
	Error     string `json:"error"`
	Path      string `json:"path"`
}

type wireNumeric struct {
	Code    int    `json:"code"`
	Message string `json:"message"`
}

// foreign is an error in the envelope of somebody else. Code and Message are those of the fault,
// else they follow the status.
func (f Fault) foreign(c *call, status int) answer {
	text := f.Message
	if text == "" {
		text = http.StatusText(status)
	}
	c.mime = mimePost
	switch f.Envelope {
	case EnvelopeOpenAI:
		e := wireOpenAIError{Code: openAICode(f.Code, status), Message: text, Type: openAIType(status)}
		return c.json(status, wireOpenAI{e})
	case EnvelopeNumeric:
		return c.json(status, wireNumeric{Code: status, Message: text})
	}
	if c.info.N%2 == 1 {
		return c.json(status, wireDetail{Detail: text})
	}
	at := c.now.UTC().Format("2006-01-02T15:04:05.000Z")
	return c.json(status, wireSpring{Timestamp: at, Status: status, Error: text, Path: c.r.URL.Path})
}

// openAICode is the code of a status on the vendor's own OpenAI-compatible hosts (ERR, 2026-05).
func openAICode(code string, status int) string {
	named := map[int]string{
		400: "invalid_parameter_error", 401: "invalid_api_key", 403: "access_denied",
		404: "model_not_found", 429: "limit_requests",
	}
	switch {
	case code != "":
		return code
	case named[status] != "":
		return named[status]
	case status >= 500:
		return "internal_error"
	}
	return strings.ToLower(strings.ReplaceAll(http.StatusText(status), " ", "_"))
}

func openAIType(status int) string {
	if status >= 500 {
		return "server_error"
	}
	return "invalid_request_error"
}

// envelopeFaults are the faults of this file by their names: an answer in an envelope of somebody
// else, or none that tells a task, with nothing done or with everything.
func envelopeFaults() []faultName {
	const posts = opSubmit + " " + opSync
	all := []faultName{
		{"no-task", posts, "Answered with 200, a code and no task; nothing is done.",
			"Success", noTask(false)},
		{"no-task-after", posts,
			"Everything is done and charged, then answered with 200, a code and no task.",
			"Success", noTask(true)},
		{"no-type", "", "An error answer has no content type.", "",
			func(f *Fault, _ string) error { f.NoType = true; return nil }},
		{"async-429", posts, "An async header where none is taken is refused with 429, not 403.", "",
			func(f *Fault, _ string) error { f.Async429 = true; return nil }},
	}
	for _, e := range []struct{ name, what, refused, done string }{
		{EnvelopeOpenAI, "an HTTP status in OpenAI's envelope", "400", "503"},
		{EnvelopeFramework, "an HTTP status and the JSON of a web framework", "403", "403"},
		{EnvelopeNumeric, "an HTTP status and a numeric code", "400", "400"},
	} {
		refused := "Refused with " + e.what + "; nothing is done."
		done := "Everything is done and charged, then answered with " + e.what + "."
		all = append(all,
			faultName{e.name, "", refused, e.refused, envelope(e.name, false)},
			faultName{e.name + "-after", "", done, e.done, envelope(e.name, true)})
	}
	return all
}

func noTask(doneFirst bool) func(*Fault, string) error {
	return func(f *Fault, arg string) error {
		f.DoneFirst, f.Status, f.Code = doneFirst, http.StatusOK, arg
		return nil
	}
}

func envelope(name string, doneFirst bool) func(*Fault, string) error {
	return func(f *Fault, arg string) error {
		f.Envelope, f.DoneFirst = name, doneFirst
		return setStatus(f, arg)
	}
}

package emulator

import (
	"cmp"
	"net/http"
	"strings"
)

// The envelopes of [Fault.Envelope], which replace the service's own: those of gateways and web
// frameworks between a client and the service.
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

// faultAnswer is the error that replaces an answer. It does not count as a refusal if everything
// was done first.
func (c *call) faultAnswer() answer {
	f := c.fault
	status := f.Status
	if status == 0 {
		status = refusalOf(f.Code, "").status
	}
	switch {
	case c.info.Op == opImage && f.Code != "":
		return c.xml(status, f.Code, f.Message, "")
	case f.Code == "" || f.Envelope != "":
		if !f.DoneFirst {
			c.entry.Code, c.entry.Task = cmp.Or(f.Code, http.StatusText(status)), ""
		}
		if f.Envelope != "" {
			return c.foreignAnswer(status)
		}
		return htmlPage(status, http.StatusText(status))
	}
	r := refusalOf(f.Code, f.Message)
	r.status = status
	a := c.refuse(r)
	c.entry.Task = ""
	return a
}

// foreignAnswer is an error in the envelope that the fault names. Code and message follow the
// status unless the fault gives them.
func (c *call) foreignAnswer(status int) answer {
	text := cmp.Or(c.fault.Message, http.StatusText(status))
	c.mime = mimePost
	switch c.fault.Envelope {
	case EnvelopeOpenAI:
		code := openAICode(c.fault.Code, status)
		e := wireOpenAIError{Code: code, Message: text, Type: openAIType(status)}
		return c.json(status, wireOpenAI{e})
	case EnvelopeNumeric:
		return c.json(status, wireNumeric{Code: status, Message: text})
	}
	if c.info.N%2 == 1 {
		return c.json(status, wireDetail{Detail: text})
	}
	at := c.now.UTC().Format("2006-01-02T15:04:05.000Z")
	return c.json(status, wireSpring{Timestamp: at, Status: status, Error: text,
		Path: c.r.URL.Path})
}

// openAICode is the code for a status on the vendor's OpenAI-compatible hosts (ERR, 2026-05).
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

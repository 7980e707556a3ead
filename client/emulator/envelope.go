package emulator

import (
	"net/http"
	"strings"
)

// The envelopes that [Fault.Envelope] puts an error in, in place of the service's own: what gateways and web frameworks
// between a client and the service write.
const (
	EnvelopeOpenAI    = "openai"    // {"error":{"code","message","type","param"}}, as OpenAI-compatible hosts and gateways
	EnvelopeFramework = "framework" // {"detail"} of FastAPI or, every second time, {"timestamp","status","error","path"} of Spring
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

// foreign is an error in the envelope of somebody else. Code and Message are those of the fault, else they follow the status.
func (f Fault) foreign(c *call, status int) answer {
	text := f.Message
	if text == "" {
		text = http.StatusText(status)
	}
	c.mime = mimePost
	switch f.Envelope {
	case EnvelopeOpenAI:
		return c.say(status, wireOpenAI{wireOpenAIError{Code: openAICode(f.Code, status), Message: text, Type: openAIType(status)}})
	case EnvelopeNumeric:
		return c.say(status, wireNumeric{Code: status, Message: text})
	}
	if c.info.N%2 == 1 {
		return c.say(status, wireDetail{Detail: text})
	}
	return c.say(status, wireSpring{Timestamp: c.now.UTC().Format("2006-01-02T15:04:05.000Z"), Status: status, Error: text, Path: c.r.URL.Path})
}

// openAICode is the code of a status on the vendor's own OpenAI-compatible hosts (ERR, 2026-05).
func openAICode(code string, status int) string {
	named := map[int]string{400: "invalid_parameter_error", 401: "invalid_api_key", 403: "access_denied", 404: "model_not_found", 429: "limit_requests"}
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

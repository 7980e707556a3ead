package emulator

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"
)

// jsonObject is a JSON object with exact names: encoding/json would match "Prompt" with prompt,
// and the service does not.
type jsonObject map[string]json.RawMessage

// read decodes a member of an object. An absent or null member leaves the value unchanged.
func read[T any](o jsonObject, name string, into *T) *refusal {
	raw, ok := o[name]
	if !ok || string(raw) == "null" {
		return nil
	}
	if json.Unmarshal(raw, into) != nil {
		return missing(name)
	}
	return nil
}

// firstRefusal returns the first that is not nil.
func firstRefusal(all ...*refusal) *refusal {
	for _, r := range all {
		if r != nil {
			return r
		}
	}
	return nil
}

// request is a submission after all checks.
type request struct {
	model            *modelSpec
	prompt, negative string // as sent
	cutPrompt        string // as the model sees it
	truncated        bool
	size             string
	n                int
	seed             int64
	seedGiven        bool
	extend           bool
	watermark        bool
	inputs           []Input
}

// parsedBody is the JSON of a submission, filled in as far as it could be read.
type parsedBody struct {
	whole, input, parameters jsonObject
	model, prompt, negative  string
	data                     []Input  // pictures that stand in the body itself
	inputs                   []Input  // in the order of the content
	bad                      *refusal // why it cannot be read
}

// parseBody parses a submission. It fills in model and prompt even if the rest is wrong, since
// Options.Fault is told them.
func parseBody(data []byte, pictures []Input, path string) parsedBody {
	b := parsedBody{data: pictures}
	if json.Unmarshal(data, &b.whole) != nil || b.whole == nil {
		b.bad = refusalOf("InvalidParameter", "")
		return b
	}
	b.bad = firstRefusal(
		read(b.whole, "model", &b.model),
		read(b.whole, "input", &b.input),
		read(b.whole, "parameters", &b.parameters),
	)
	switch {
	case b.bad != nil:
	case b.model == "":
		b.bad = refusalOf("BadRequest.EmptyModel", "")
	case b.input == nil:
		b.bad = refusalOf("BadRequest.EmptyInput", "")
	case path == pathA1:
		b.bad = b.readPrompt()
	default:
		b.bad = b.readMessages()
	}
	return b
}

// readPrompt reads the prompts of the endpoint A1. negative_prompt stands under input in the
// document of 2025-09 and under parameters in a later sample; both are accepted.
func (b *parsedBody) readPrompt() *refusal {
	return firstRefusal(
		read(b.input, "prompt", &b.prompt),
		read(b.parameters, "negative_prompt", &b.negative),
		read(b.input, "negative_prompt", &b.negative),
	)
}

// readMessages reads the single message of the other endpoints: role user with one text (QI,
// 2025-09), and pictures for edit models.
func (b *parsedBody) readMessages() *refusal {
	var messages []jsonObject
	if r := read(b.input, "messages", &messages); r != nil {
		return r
	}
	if len(messages) == 0 {
		return invalid("No messages found in input")
	}
	if len(messages) > 1 {
		return invalid("messages length only support 1")
	}
	var role string
	var content []jsonObject
	r := firstRefusal(read(messages[0], "role", &role), read(messages[0], "content", &content))
	if r != nil || role != "user" || len(content) == 0 {
		return invalid("Role must be user or assistant and Content length must be greater than 0")
	}
	return firstRefusal(b.readContent(content), read(b.parameters, "negative_prompt", &b.negative))
}

func (b *parsedBody) readContent(content []jsonObject) *refusal {
	texts := 0
	for _, c := range content {
		if _, ok := c["image"]; ok {
			if r := b.readImage(c); r != nil {
				return r
			}
		}
		if _, ok := c["text"]; ok {
			texts++
			if r := read(c, "text", &b.prompt); r != nil {
				return r
			}
		}
	}
	if texts != 1 {
		return invalid(fmt.Sprintf("content length error: expected exactly one text, got %d",
			texts))
	}
	return nil
}

func (b *parsedBody) readImage(c jsonObject) *refusal {
	var text string
	if r := read(c, "image", &text); r != nil {
		return r
	}
	i, r := b.inputNamed(text)
	b.inputs = append(b.inputs, i)
	return r
}

// check turns a body into a request, or refuses it. Unknown parameters are ignored:
// SDKs send "stream", "result_format" and others (wire.md §7).
func (b *parsedBody) check(m *modelSpec) (request, *refusal) {
	q := request{model: m, prompt: b.prompt, negative: b.negative, extend: !m.noExtend,
		n: max(m.defaultCount, 1)}
	if strings.TrimSpace(b.prompt) == "" {
		return q, missing("prompt")
	}
	if r := b.checkImages(m); r != nil {
		return q, r
	}
	if m.noNegative && b.negative != "" { // another client, 2026-10-07; the wording is [I]
		return q, invalid("negative_prompt is not supported by this model")
	}
	seed, size := int64(-1), ""
	r := firstRefusal(
		read(b.parameters, "n", &q.n),
		read(b.parameters, "size", &size),
		read(b.parameters, "seed", &seed),
		read(b.parameters, "prompt_extend", &q.extend),
		read(b.parameters, "watermark", &q.watermark),
	)
	if r == nil {
		r = q.checkNumbers(b, seed)
	}
	if raw, given := b.parameters["size"]; r == nil && given && string(raw) == `""` {
		r = badSize() // only a size that is not said is the model's default
	}
	if r == nil {
		q.inputs = b.inputs
		q.size, r = q.sizeFor(size)
	}
	q.cut()
	return q, r
}

// checkImages refuses too few or too many pictures to edit or to follow (QIE, QI3, WAN27;
// 2026-05 to 2026-10). The wording is [I].
func (b *parsedBody) checkImages(m *modelSpec) *refusal {
	switch {
	case m.needsImage && len(b.inputs) == 0:
		return missing("image")
	case len(b.inputs) > m.pictures.most:
		return invalid(fmt.Sprintf("the number of images must be in [0, %d]", m.pictures.most))
	}
	for _, i := range b.inputs {
		if r := m.pictures.check(i); r != nil {
			return r
		}
	}
	return b.checkAgent()
}

// checkAgent refuses the extension by an agent of a prompt about pictures (QI3, 2026-08).
func (b *parsedBody) checkAgent() *refusal {
	var mode string
	if r := read(b.parameters, "prompt_extend_mode", &mode); r != nil {
		return r
	}
	if mode == "agent" && len(b.inputs) > 0 {
		return invalid("prompt_extend_mode agent is for text only")
	}
	return nil
}

func (q *request) checkNumbers(b *parsedBody, seed int64) *refusal {
	switch raw, given := b.parameters["seed"]; {
	case q.model.maxCount == 1 && q.n != 1:
		return invalid("num_images_per_prompt must be 1")
	case q.n < 1 || q.n > q.model.maxCount:
		return invalid(fmt.Sprintf("n must be in [1, %d]", q.model.maxCount))
	case given && string(raw) != "null" && (seed < 0 || seed > 1<<31-1):
		return invalid("seed must be in [0, 2147483647]")
	default:
		q.seed, q.seedGiven = seed, seed >= 0
	}
	return nil
}

// cut shortens the prompts silently, as the service does.
func (q *request) cut() {
	q.cutPrompt = cutAt(q.prompt, q.model.promptLimit)
	q.truncated = q.cutPrompt != q.prompt || cutAt(q.negative, q.model.negativeLimit) != q.negative
}

// cutAt cuts a text to a number of code points; 0 means no limit.
func cutAt(text string, points int) string {
	if points == 0 || len(text) <= points {
		return text
	}
	n := 0
	for i := range text {
		if n == points {
			return text[:i]
		}
		n++
	}
	return text
}

// pendingDirective reads from a prompt how long its task stays in the queue: [[pending:90s]].
func pendingDirective(prompt string) time.Duration {
	d, err := time.ParseDuration(directive(prompt, "pending"))
	if err != nil || d < 0 {
		return 0
	}
	return d
}

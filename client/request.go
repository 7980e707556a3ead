package client

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
)

// DefaultModel is the model of a request that names none.
const DefaultModel = "qwen-image-plus"

// A Request asks for pictures. Only Prompt is needed. Model, Size, N and Watermark are always
// sent, unset ones with the defaults below, so that a changed default of the service costs nothing.
type Request struct {
	// Model is the model's name; "" is DefaultModel.
	Model          string
	Prompt         string
	NegativePrompt string
	// Size as the API writes it: "1328*1328"; "" is the model's default, or with Images the service's
	// choice. Model.Size makes it from what people write.
	Size string
	// Seed from 0 to 2147483647; nil lets the service draw one, which it does not report.
	Seed *int64
	// N pictures; 0 is 1.
	N int
	// PromptExtend lets a language model rewrite the prompt; nil is the service's default: true
	// for Qwen, false for z-image-turbo, where it doubles the price (ZI, 2026-05).
	PromptExtend *bool
	Watermark    bool
	// Images are shown to the model, in the order in which the prompt counts them ("image 1", "图1").
	Images []Image
	// Extra are further members of the body's "parameters", such as "prompt_extend_mode". A
	// member of the same name as one of the above replaces it.
	Extra map[string]any
	// Header are further headers of the call. Those that this package sets are refused.
	Header http.Header
}

func (r Request) model() Model { return LookupModel(cmp.Or(r.Model, DefaultModel)) }

// submission builds the POST of a request. Its error is ErrNotSent.
func (c *Client) submission(ctx context.Context, op string, r Request, e Endpoint) (
	*http.Request, error) {
	body, err := r.body(e)
	if err == nil {
		err = checkHeader(r.Header)
	}
	var streamed *streamedBody
	if err == nil && len(r.Images) > 0 {
		streamed, err = stream(body, r.Images)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w: %w", op, ErrNotSent, err)
	}
	req := c.request(ctx, http.MethodPost, e.path(), body)
	if streamed != nil {
		req.Body, req.ContentLength = streamed, streamed.length
	}
	maps.Copy(req.Header, r.Header)
	if e != Multimodal {
		req.Header.Set("X-DashScope-Async", "enable")
	}
	return req, nil
}

// ownHeaders are set by this package, by net/http, or make net/http send a POST twice.
var ownHeaders = []string{"Authorization", "Accept", "Accept-Encoding", "Connection",
	"Content-Length", "Content-Type", "Expect", "Host", "Idempotency-Key", "Transfer-Encoding",
	"User-Agent", "X-Dashscope-Async", "X-Dashscope-Workspace", "X-Idempotency-Key"}

func checkHeader(h http.Header) error {
	for name := range h {
		if name = http.CanonicalHeaderKey(name); slices.Contains(ownHeaders, name) {
			return fmt.Errorf("the header %s is the client's own", name)
		}
	}
	return nil
}

type parameters struct {
	NegativePrompt string `json:"negative_prompt,omitempty"`
	Size           string `json:"size,omitempty"`
	N              int    `json:"n"`
	Seed           *int64 `json:"seed,omitempty"`
	PromptExtend   *bool  `json:"prompt_extend,omitempty"`
	Watermark      bool   `json:"watermark"`
}

// with returns the JSON of the parameters with further members.
func (p parameters) with(extra map[string]any) (json.RawMessage, error) {
	own, err := json.Marshal(p)
	if err != nil || len(extra) == 0 {
		return own, err
	}
	var all map[string]json.RawMessage
	if err := json.Unmarshal(own, &all); err != nil {
		panic(err) // unreachable unless a struct is no JSON object
	}
	for name, value := range extra {
		if all[name], err = json.Marshal(value); err != nil {
			return nil, fmt.Errorf("parameter %s: %w", oneLine(name), err)
		}
	}
	return json.Marshal(all)
}

type bodyContent struct {
	Text string `json:"text"`
}

type bodyMessage struct {
	Role    string        `json:"role"`
	Content []bodyContent `json:"content"`
}

type bodyInput struct {
	Prompt         string        `json:"prompt,omitempty"`
	NegativePrompt string        `json:"negative_prompt,omitempty"`
	Messages       []bodyMessage `json:"messages,omitempty"`
}

// body encodes the request for an endpoint. The async text2image body carries
// negative_prompt under input (the user's document, 2025-09), the messages bodies under
// parameters.
func (r Request) body(e Endpoint) ([]byte, error) {
	model := r.model()
	p := parameters{Size: r.Size, N: max(1, r.N), Seed: r.Seed, PromptExtend: r.PromptExtend,
		Watermark: r.Watermark}
	if len(r.Images) == 0 {
		p.Size = cmp.Or(p.Size, model.Default().String())
	}
	if model.NoExtend {
		p.PromptExtend = nil
	}
	var in bodyInput
	switch {
	case e == TextToImage && len(r.Images) > 0:
		return nil, fmt.Errorf("%s takes no pictures over its asynchronous interface", model.Name)
	case e == TextToImage:
		in.Prompt, in.NegativePrompt = r.Prompt, r.NegativePrompt
	default:
		in.Messages = []bodyMessage{{Role: "user", Content: []bodyContent{{Text: r.Prompt}}}}
		p.NegativePrompt = r.NegativePrompt
	}
	all, err := p.with(r.Extra)
	if err != nil {
		return nil, err
	}
	return json.Marshal(struct {
		Model      string          `json:"model"`
		Input      bodyInput       `json:"input"`
		Parameters json.RawMessage `json:"parameters"`
	}{model.Name, in, all})
}

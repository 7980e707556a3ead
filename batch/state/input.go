package state

import (
	"encoding/json"

	"github.com/qwenbatch/qwenbatch/client"
)

// An Input is a picture that a request has shown the model: a URL, or a file by its content. Its
// bytes are never recorded.
type Input struct {
	URL    string `json:"url,omitempty"`
	Name   string `json:"name,omitempty"`
	SHA256 string `json:"sha256,omitempty"`
	Bytes  int64  `json:"bytes,omitempty"`
}

// Client is the request as the client sends it, but for the pictures in files: content opens one by
// its hash.
func (s Request) Client(content func(sha256 string) client.Image) client.Request {
	seed := s.Seed
	r := client.Request{Model: s.Model, Prompt: s.Prompt, NegativePrompt: s.Negative,
		Size: s.Size, Seed: &seed, N: s.N, PromptExtend: &s.PromptExtend, Watermark: s.Watermark}
	for _, in := range s.Inputs {
		if in.URL != "" {
			r.Images = append(r.Images, client.ImageURL(in.URL))
			continue
		}
		image := content(in.SHA256)
		image.SHA256 = in.SHA256
		r.Images = append(r.Images, image)
	}
	var extra map[string]json.RawMessage
	if len(s.Parameters) > 0 && json.Unmarshal(s.Parameters, &extra) == nil {
		r.Extra = make(map[string]any, len(extra))
		for name, value := range extra {
			r.Extra[name] = value
		}
	}
	return r
}

package client

import (
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// A ModelInfo is what the service itself tells of a model (LIST, 2026-11).
type ModelInfo struct {
	Name string `json:"name"`
	// Published and Retires are the service's clock, zero where not told. Requests fail from
	// Retires on.
	Published time.Time     `json:"published,omitzero"`
	Retires   time.Time     `json:"retires,omitzero"`
	Snapshot  string        `json:"snapshot,omitempty"` // the dated name of the same model
	Prices    []ListedPrice `json:"prices,omitempty"`
	// TakesPictures says that a request may show it pictures. No documentation says so: it is how
	// the word Image under its inputs is understood.
	TakesPictures bool `json:"takes_pictures,omitempty"`
	MakesPictures bool `json:"makes_pictures,omitempty"`
}

// A ListedPrice is a line of a model's price list. The currency is not named; it is taken for that
// of the region's price page.
type ListedPrice struct {
	Range string `json:"range,omitempty"` // such as "Default"
	Type  string `json:"type"`            // such as "image_number", a picture
	Unit  string `json:"unit,omitempty"`
	Price Money  `json:"price"`
}

// Price returns the price of a picture, the dearest where several are listed, and false where none
// is.
func (m ModelInfo) Price() (Money, bool) {
	var dearest Money
	for _, p := range m.Prices {
		if p.Type == "image_number" {
			dearest = max(dearest, p.Price)
		}
	}
	return dearest, dearest > 0
}

// ModelInfo queries what the service tells of one model; it is free. It returns false if the answer
// does not have the model.
func (c *Client) ModelInfo(ctx context.Context, model string) (ModelInfo, bool, error) {
	page, err := c.modelPage(ctx, url.Values{"model": {model}})
	if err != nil {
		return ModelInfo{}, false, err
	}
	i := slices.IndexFunc(page.models, func(m ModelInfo) bool { return m.Name == model })
	if i < 0 {
		return ModelInfo{}, false, nil
	}
	return page.models[i], true, nil
}

// ListModels iterates over the models that make pictures and that the account may use, page by
// page; it is free. It ends after the first error.
func (c *Client) ListModels(ctx context.Context) iter.Seq2[ModelInfo, error] {
	return func(yield func(ModelInfo, error) bool) {
		seen := 0
		for n := 1; n <= maxPages; n++ {
			page, err := c.modelPage(ctx, url.Values{"capabilities": {"IG"},
				"page_no": {strconv.Itoa(n)}, "page_size": {"100"}})
			if err != nil {
				yield(ModelInfo{}, err)
				return
			}
			for _, m := range page.models {
				if !yield(m, nil) {
					return
				}
			}
			if seen += len(page.models); len(page.models) == 0 || seen >= page.total {
				return
			}
		}
	}
}

// maxPages bounds a list whose service says that there is always more.
const maxPages = 100

// A modelPage is a page of the model list.
type modelPage struct {
	models []ModelInfo
	total  int
}

func (c *Client) modelPage(ctx context.Context, query url.Values) (modelPage, error) {
	a, err := c.get(ctx, "models", "/models?"+query.Encode())
	if err != nil {
		return modelPage{}, err
	}
	var body struct {
		Code   string `json:"code"`
		Output *struct {
			Total  int               `json:"total"`
			Models []json.RawMessage `json:"models"`
		} `json:"output"`
	}
	switch err := decode(a.body, &body); {
	case err != nil:
		return modelPage{}, fmt.Errorf("models: %w: %s", ErrUnreadable, describe(a.body))
	case body.Code != "" || body.Output == nil:
		return modelPage{}, a.apiError("models")
	}
	page := modelPage{total: body.Output.Total}
	for _, raw := range body.Output.Models {
		if m := a.model(raw); m.Name != "" {
			page.models = append(page.models, m)
		}
	}
	return page, nil
}

// model reads a model of the list. Members may be null or absent; what cannot be read is left out.
func (a answer) model(raw []byte) ModelInfo {
	var r struct {
		Name      string `json:"model"`
		Published string `json:"published_time"`
		Snapshot  string `json:"equivalent_snapshot"`
		Ranges    []struct {
			Name   string `json:"range_name"`
			Prices []struct {
				Type  string `json:"type"`
				Price string `json:"price"`
				Unit  string `json:"price_unit"`
			} `json:"prices"`
		} `json:"prices"`
		Inference struct {
			In  []string `json:"request_modality"`
			Out []string `json:"response_modality"`
		} `json:"inference_metadata"`
		Offline struct {
			Time string `json:"offline_time"`
		} `json:"inference_offline_info"`
	}
	_ = decode(raw, &r) // it is valid JSON, as part of a whole
	image := func(s string) bool { return strings.EqualFold(s, "image") }
	m := ModelInfo{Name: a.key.plain(r.Name), Published: parseTime(r.Published),
		Retires: parseTime(r.Offline.Time), Snapshot: a.key.plain(r.Snapshot),
		TakesPictures: slices.ContainsFunc(r.Inference.In, image),
		MakesPictures: slices.ContainsFunc(r.Inference.Out, image)}
	for _, listed := range r.Ranges {
		for _, p := range listed.Prices {
			if price, ok := parseMoney(p.Price); ok {
				m.Prices = append(m.Prices, ListedPrice{Range: a.key.plain(listed.Name),
					Type: a.key.plain(p.Type), Unit: a.key.plain(p.Unit), Price: price})
			}
		}
	}
	return m
}

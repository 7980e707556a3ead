package emulator

import (
	"net/http"
	"slices"
	"strings"
	"time"
)

type wireModels struct {
	Code      *string         `json:"code"`
	Message   *string         `json:"message"`
	Success   bool            `json:"success"`
	Output    wireModelOutput `json:"output"`
	RequestID string          `json:"request_id"`
}

type wireModelOutput struct {
	Total    int         `json:"total"`
	PageNo   int         `json:"page_no"`
	PageSize int         `json:"page_size"`
	Models   []wireModel `json:"models"`
}

// wireModel is a model of the list (LIST, 2026-11); what is not known is null.
type wireModel struct {
	Model        string           `json:"model"`
	Name         string           `json:"name"`
	Capabilities []string         `json:"capabilities"`
	Published    *string          `json:"published_time"`
	Snapshot     *string          `json:"equivalent_snapshot"`
	Prices       []wirePriceRange `json:"prices"`
	Inference    struct {
		In  []string `json:"request_modality"`
		Out []string `json:"response_modality"`
	} `json:"inference_metadata"`
	Offline *wireOffline `json:"inference_offline_info"`
}

type wireOffline struct {
	Time string `json:"offline_time"`
}

type wirePriceRange struct {
	Range  string      `json:"range_name"`
	Prices []wirePrice `json:"prices"`
}

type wirePrice struct {
	Type  string `json:"type"`
	Price string `json:"price"`
	Unit  string `json:"price_unit"`
	Name  string `json:"price_name"`
}

// listModels answers GET models. An unknown capability or provider has no models [I].
func (c *call) listModels() answer {
	if r := c.authenticate(); r != nil {
		return c.refuse(r)
	}
	q := c.r.URL.Query()
	p, bad := readPaging(q, 20, maxPage)
	if bad != nil {
		return c.refuse(bad)
	}
	var all []wireModel
	for i := range table() {
		m := &table()[i]
		if provider := q.Get("providers"); provider != "" && !strings.HasPrefix(m.name, provider) ||
			q.Get("model") != "" && q.Get("model") != m.name {
			continue
		}
		if kind := q.Get("capabilities"); kind == "" || kind == "IG" {
			all = append(all, m.wire(c.server.opts.listing(m)))
		}
	}
	from, to := p.bounds(len(all))
	return c.json(http.StatusOK, wireModels{Success: true, RequestID: c.requestID,
		Output: wireModelOutput{Total: len(all), PageNo: p.page, PageSize: p.size,
			Models: append([]wireModel{}, all[from:to]...)}})
}

// listing is what the options say of a model, else the documented price.
func (o *Options) listing(m *modelSpec) Listing {
	if o.Listing != nil {
		if l, ok := o.Listing(m.name); ok {
			return l
		}
	}
	return Listing{Price: priceOf(m.name)}
}

func (m *modelSpec) wire(l Listing) wireModel {
	w := wireModel{Model: m.name, Name: m.name, Capabilities: []string{"IG"}}
	w.Inference.In, w.Inference.Out = []string{"Text"}, []string{"Image"}
	if m.pictures.most > 0 {
		w.Inference.In = append(w.Inference.In, "Image")
	}
	if date := releases[m.name]; date != "" {
		date += " 00:00:00"
		w.Published = &date
	}
	if l.Price != "" {
		w.Prices = []wirePriceRange{{"Default", []wirePrice{
			{"image_number", l.Price, "每张", "图像生成"}}}}
	}
	if !l.Retires.IsZero() {
		w.Offline = &wireOffline{l.Retires.In(beijing).Format(time.DateTime)}
	}
	return w
}

// releases are the days on which models came out (other clients, 2026-10).
var releases = map[string]string{
	"qwen-image-3.0-pro": "2026-07-20", "qwen-image-3.0": "2026-08-04",
	"qwen-image-2.1-pro": "2026-10-02", "qwen-image-2.1-turbo": "2026-10-09",
}

// pricesOf are the prices of the mainland (PRICE, 2026-11), of a model and its dated names; the one
// of qwen-image-3.0-pro is that of its larger pictures. wanx-v1's is [I].
var pricesOf = []struct{ name, price string }{
	{"qwen-image-plus", "0.2"}, {"qwen-image-max", "0.5"}, {"qwen-image-2.0-pro", "0.5"},
	{"qwen-image-2.0", "0.2"}, {"qwen-image-2.1-turbo", "0.1"}, {"qwen-image-2.1-pro", "0.25"},
	{"qwen-image-3.0-pro", "0.5"}, {"qwen-image-3.0", "0.18"}, {"qwen-image-edit-plus", "0.2"},
	{"qwen-image-edit-max", "0.5"}, {"qwen-image-edit", "0.3"}, {"qwen-image", "0.25"},
	{"z-image-turbo", "0.2"}, {"wan2.7-image-pro", "0.5"}, {"wan2.7-image", "0.2"},
	{"wan2.6-t2i", "0.2"}, {"wan2.5-t2i-preview", "0.2"}, {"wan2.2-t2i-plus", "0.2"},
	{"wan2.2-t2i-flash", "0.14"}, {"wanx2.1-t2i-plus", "0.2"}, {"wanx2.1-t2i-turbo", "0.14"},
	{"wanx2.0-t2i-turbo", "0.04"}, {"wanx-v1", "0.16"},
}

// priceOf finds the price of a model; the first name that begins it wins.
func priceOf(model string) string {
	i := slices.IndexFunc(pricesOf, func(p struct{ name, price string }) bool {
		return strings.HasPrefix(model, p.name)
	})
	if i < 0 {
		return ""
	}
	return pricesOf[i].price
}

package client

import (
	"context"
	"errors"
	"testing"
	"time"
)

// documentedModels has the form of the vendor's page (LIST, 2026-11), with members that are null, absent or of another type.
const documentedModels = `{"code":null,"success":true,"output":{"total":4,"page_no":1,"page_size":10,"models":[
{"model":"qwen-image-max","name":"x","capabilities":["IG"],"published_time":"2025-12-31 00:00:00","equivalent_snapshot":"qwen-image-max-2025-12-30",
 "prices":[{"range_name":"Default","prices":[{"type":"image_number","price":"0.5","price_unit":"每张","price_name":"图像生成"}]}],
 "inference_metadata":{"request_modality":["Text"],"response_modality":["Image"]},"inference_offline_info":{"offline_time":"2027-03-31 00:00:00"}},
{"model":"tiers","prices":[{"range_name":"1k","prices":[{"type":"image_number","price":"0.25"}]},{"range_name":"2k","prices":[{"type":"image_number","price":"0.5000001"},{"type":"input_image","price":"9"}]}],
 "inference_metadata":{"request_modality":["Text","Image"],"response_modality":null},"inference_offline_info":null},
{"model":"odd","prices":[{"prices":[{"type":"image_number","price":"free"},{"type":"image_number","price":"-1"},{"type":"image_number","price":"1e3"},{"type":"image_number","price":7}]}],"published_time":null},
{"name":"no name of a model"}]},"request_id":"1"}`

func TestDecodeModels(t *testing.T) {
	c := says(t, 200, documentedModels)
	for _, tt := range []struct {
		name    string
		price   Money
		retires time.Time
		takes   bool
		makes   bool
		there   bool
	}{
		{"qwen-image-max", 500000, time.Date(2027, 3, 30, 16, 0, 0, 0, time.UTC), false, true, true}, {"tiers", 500001, time.Time{}, true, false, true},
		{"odd", 0, time.Time{}, false, false, true}, {"else", 0, time.Time{}, false, false, false},
	} {
		m, ok, err := c.ModelInfo(context.Background(), tt.name)
		price, priced := m.Price()
		if err != nil || ok != tt.there || price != tt.price || priced != (tt.price > 0) || !m.Retires.Equal(tt.retires) || m.TakesPictures != tt.takes || m.MakesPictures != tt.makes {
			t.Errorf("ModelInfo(%s) = %+v, %v, %v, want %+v", tt.name, m, ok, err, tt)
		}
	}
	var names []string
	for m, err := range c.ListModels(context.Background()) {
		if err != nil {
			t.Fatal(err)
		}
		if names = append(names, m.Name); len(names) > 400 {
			t.Fatal("the list has no end")
		}
	}
	if len(names) < 3 || names[0] != "qwen-image-max" {
		t.Errorf("ListModels = %v", names)
	}
}

func TestModelsRefused(t *testing.T) {
	for body, want := range map[string]bool{`{"code":"AccessDenied","message":"x"}`: false, `{}`: true, "<html>": true} {
		_, ok, err := says(t, 200, body).ModelInfo(context.Background(), "a")
		if ok || err == nil || errors.Is(err, ErrUnreadable) != want {
			t.Errorf("%s: ModelInfo = %v, %v", body, ok, err)
		}
	}
}

// What the service tells replaces limits, adds a price that counts where it is dearer, and lets a model be used that the table lacks.
func TestCatalogueOfTheService(t *testing.T) {
	beijing, _ := LookupRegion("beijing")
	price := func(s string) []ListedPrice {
		m, _ := parseMoney(s)
		return []ListedPrice{{Type: "image_number", Price: m}}
	}
	c := Catalogue{
		"qwen-image-plus":    {Info: &ModelInfo{Prices: price("0.3")}, Limits: &Limits{Submissions: 9, Per: time.Second, Running: 7}},
		"qwen-image-max":     {Info: &ModelInfo{Prices: price("0.1")}},
		"qwen-image-3.0-pro": {Info: &ModelInfo{Prices: price("0.5")}},
		"new-async":          {Info: &ModelInfo{Prices: price("1")}, Limits: &Limits{Submissions: 3, Per: time.Minute, Running: 2}},
		"new-sync":           {Limits: &Limits{Submissions: 3, Per: time.Minute}},
		"new-untold":         {Info: &ModelInfo{Prices: price("1")}},
	}
	small, large := Size{1328, 1328}, Size{2048, 2048}
	for _, tt := range []struct {
		model string
		size  Size
		want  Money
	}{
		{"qwen-image-plus", small, 300000}, {"qwen-image-max", small, 500000}, {"qwen-image-3.0-pro", small, 250000}, {"qwen-image-3.0-pro", large, 500000},
		{"new-async", small, 1000000}, {"new-sync", small, 0}, {"qwen-image", small, 250000},
	} {
		if got := c.Model(tt.model).Price(beijing, tt.size); got != tt.want {
			t.Errorf("%s costs %v, want %v", tt.model, got, tt.want)
		}
	}
	if m := c.Model("qwen-image-plus"); m.Submissions != 9 || m.Running != 7 || m.MaxN != 1 {
		t.Errorf("qwen-image-plus = %+v, want the limits that were told", m)
	}
	for name, want := range map[string]Endpoint{"new-async": TextToImage, "new-sync": None} {
		if m := c.Model(name); !m.Known || m.Async != want || !m.Sync {
			t.Errorf("%s = %+v, want async %v", name, m, want)
		}
	}
	if c.Model("new-untold").Known || Catalogue(nil).Model("new-async").Known {
		t.Error("a model whose limits were not told counts as known")
	}
	now := time.Date(2026, 11, 28, 0, 0, 0, 0, time.UTC)
	for days, want := range map[int]bool{-1: true, 29: true, 31: false} {
		if got := (Model{Retires: now.AddDate(0, 0, days)}).RetiresWithin(30*24*time.Hour, now); got != want {
			t.Errorf("retires in %d days: %v, want %v", days, got, want)
		}
	}
}

func TestParseMoney(t *testing.T) {
	for text, want := range map[string]Money{"0.5": 500000, "0.220177": 220177, "1": 1e6, "0.0000001": 1, "0.2200000": 220000, "": -1, "-1": -1, ".5": -1, "1e3": -1, "1.2.3": -1, "9999999999": -1, "０.５": -1} {
		got, ok := parseMoney(text)
		if ok != (want >= 0) || ok && got != want {
			t.Errorf("parseMoney(%q) = %v, %v, want %v", text, got, ok, want)
		}
	}
}

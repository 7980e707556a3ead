package client

import (
	"errors"
	"strings"
	"testing"
	"time"
)

// modelRow is what api.md §3.2 and §7 say of a model: endpoints, submissions in what time, tasks at once, n, limits of
// the prompts, prices in millionths.
type modelRow struct {
	sync          bool
	async         Endpoint
	submissions   int
	per           time.Duration
	running, n    int
	prompt        int
	negative      int
	mainland, far Money
	size          string
}

const (
	second = time.Second
	minute = time.Minute
)

var wantModels = map[string]modelRow{
	"qwen-image":                      {true, TextToImage, 2, second, 2, 1, 800, 500, 250000, 256873, "1664*928"},
	"qwen-image-plus":                 {true, TextToImage, 2, second, 2, 1, 800, 500, 200000, 220177, "1664*928"},
	"qwen-image-plus-2026-01-09":      {true, None, 2, second, 0, 1, 800, 500, 200000, 220177, "1664*928"},
	"qwen-image-max":                  {true, None, 2, minute, 0, 1, 800, 500, 500000, 550443, "1664*928"},
	"qwen-image-max-2025-12-30":       {true, None, 2, minute, 0, 1, 800, 500, 500000, 550443, "1664*928"},
	"qwen-image-2.0":                  {true, None, 2, second, 0, 6, 1300, 500, 200000, 256873, "2048*2048"},
	"qwen-image-2.0-2026-03-03":       {true, None, 2, second, 0, 6, 1300, 500, 200000, 256873, "2048*2048"},
	"qwen-image-2.0-pro":              {true, None, 2, minute, 0, 6, 1300, 500, 500000, 550443, "2048*2048"},
	"qwen-image-2.0-pro-2026-03-03":   {true, None, 2, minute, 0, 6, 1300, 500, 500000, 550443, "2048*2048"},
	"qwen-image-2.0-pro-2026-04-22":   {true, None, 2, minute, 0, 6, 1300, 500, 500000, 550443, "2048*2048"},
	"qwen-image-2.0-pro-2026-06-22":   {true, None, 2, minute, 0, 6, 1300, 500, 500000, 550443, "2048*2048"},
	"qwen-image-2.1-turbo":            {true, ImageGeneration, 120, minute, 10, 6, 4500, 500, 100000, 113362, "1328*1328"},
	"qwen-image-2.1-pro":              {true, ImageGeneration, 20, minute, 10, 6, 4500, 0, 250000, 283404, "1328*1328"},
	"qwen-image-3.0":                  {true, ImageGeneration, 20, minute, 10, 6, 4500, 500, 180000, 224826, "1328*1328"},
	"qwen-image-3.0-pro":              {true, ImageGeneration, 5, minute, 10, 6, 4500, 500, 250000, 299768, "1328*1328"},
	"qwen-image-edit":                 {true, None, 2, second, 0, 1, 800, 500, 300000, 330266, "1328*1328"},
	"qwen-image-edit-plus":            {true, None, 2, second, 0, 6, 800, 500, 200000, 220177, "1024*1024"},
	"qwen-image-edit-plus-2025-10-30": {true, None, 2, second, 0, 6, 800, 500, 200000, 220177, "1024*1024"},
	"qwen-image-edit-plus-2025-12-15": {true, None, 2, second, 0, 6, 800, 500, 200000, 220177, "1024*1024"},
	"qwen-image-edit-max":             {true, None, 2, minute, 0, 6, 800, 500, 500000, 550443, "1024*1024"},
	"qwen-image-edit-max-2026-01-16":  {true, None, 2, minute, 0, 6, 800, 500, 500000, 550443, "1024*1024"},
	"z-image-turbo":                   {true, None, 2, second, 0, 1, 800, 0, 200000, 0, "1024*1536"},
	"wan2.7-image":                    {true, ImageGeneration, 5, second, 5, 4, 5000, 0, 200000, 0, "2048*2048"},
	"wan2.7-image-pro":                {true, ImageGeneration, 5, second, 5, 4, 5000, 0, 500000, 0, "2048*2048"},
	"wan2.6-t2i":                      {true, ImageGeneration, 1, second, 5, 4, 2100, 500, 200000, 0, "1280*1280"},
	"wan2.5-t2i-preview":              {false, TextToImage, 5, second, 5, 4, 2000, 500, 200000, 0, "1280*1280"},
	"wan2.2-t2i-plus":                 {false, TextToImage, 2, second, 2, 4, 500, 500, 200000, 0, "1024*1024"},
	"wan2.2-t2i-flash":                {false, TextToImage, 2, second, 2, 4, 500, 500, 140000, 0, "1024*1024"},
	"wanx2.1-t2i-plus":                {false, TextToImage, 2, second, 2, 4, 500, 500, 200000, 0, "1024*1024"},
	"wanx2.1-t2i-turbo":               {false, TextToImage, 2, second, 2, 4, 500, 500, 140000, 0, "1024*1024"},
	"wanx2.0-t2i-turbo":               {false, TextToImage, 2, second, 2, 4, 500, 500, 40000, 0, "1024*1024"},
}

func TestModels(t *testing.T) {
	seen := map[string]bool{}
	for _, m := range Models() {
		got := modelRow{m.Sync, m.Async, m.Submissions, m.Per, m.Running, m.MaxN, m.PromptLimit, m.NegativeLimit, m.Mainland, m.International, m.Default().String()}
		if want, known := wantModels[m.Name]; !known || got != want || seen[m.Name] {
			t.Errorf("%s = %+v, want %+v, once", m.Name, got, want)
		}
		seen[m.Name] = true
		if !m.Known || m.Source == "" || !m.Sync && m.Async == None || m.Async == Multimodal || m.Async == None && m.Running != 0 {
			t.Errorf("%s: known %v, source %q, sync %v, async %v, running %d", m.Name, m.Known, m.Source, m.Sync, m.Async, m.Running)
		}
		if m.NoNegative != (m.Name == "qwen-image-2.1-pro") {
			t.Errorf("%s: NoNegative = %v", m.Name, m.NoNegative)
		}
		if m.EditOnly != strings.Contains(m.Name, "-edit") {
			t.Errorf("%s: EditOnly = %v", m.Name, m.EditOnly)
		}
		if got := LookupModel(m.Name); got.Name != m.Name || got.Source != m.Source {
			t.Errorf("LookupModel(%q) = %+v", m.Name, got)
		}
	}
	if len(seen) != len(wantModels) {
		t.Errorf("%d models, want %d", len(seen), len(wantModels))
	}
}

func TestUnknownModels(t *testing.T) {
	for name, want := range map[string]Endpoint{
		"qwen-image-plus-2027-01-01": TextToImage, "qwen-image-3.0-ultra": ImageGeneration, "qwen-image-2.1-pro-2026-12-01": ImageGeneration,
		"wan2.6-image": ImageGeneration, "wan2.8-t2i": TextToImage, "wan3.0-t2i": ImageGeneration, "wan2.5-t2i-plus": TextToImage, "else": TextToImage, "": TextToImage,
	} {
		m := LookupModel(name)
		if m.Known || !m.Sync || m.Async != want || m.Name != name {
			t.Errorf("LookupModel(%q) = %+v, want async %v", name, m, want)
		}
		if size, err := m.Size("123*4567"); err != nil || size != (Size{123, 4567}) {
			t.Errorf("%q: Size = %v, %v, want what was said", name, size, err)
		}
		if size, err := m.Size("16:9"); err != nil || size != (Size{1664, 928}) {
			t.Errorf("%q: Size(16:9) = %v, %v, want 1664*928", name, size, err)
		}
	}
}

func TestPrice(t *testing.T) {
	beijing, _ := LookupRegion("beijing")
	singapore, _ := LookupRegion("ap-southeast-1")
	for _, tt := range []struct {
		model  string
		region Region
		size   Size
		want   Money
	}{
		{"qwen-image-plus", beijing, Size{1328, 1328}, 200000}, {"qwen-image-plus", singapore, Size{1328, 1328}, 220177},
		{"qwen-image-3.0-pro", beijing, Size{1500, 1500}, 250000}, {"qwen-image-3.0-pro", beijing, Size{1501, 1500}, 500000},
		{"qwen-image-3.0-pro", singapore, Size{1500, 1500}, 299768}, {"qwen-image-3.0-pro", singapore, Size{2048, 2048}, 562065},
		{"qwen-image-3.0", beijing, Size{2048, 2048}, 180000}, {"else", beijing, Size{1, 1}, 0},
	} {
		if got := LookupModel(tt.model).Price(tt.region, tt.size); got != tt.want {
			t.Errorf("Price(%s, %s, %s) = %v, want %v", tt.model, tt.region.Name, tt.size, got, tt.want)
		}
	}
}

func TestMoney(t *testing.T) {
	for m, want := range map[Money][2]string{
		0: {"0.00", "0.00"}, 200000: {"0.20", "0.20"}, 220177: {"0.220177", "0.22"}, 1: {"0.000001", "0.00"}, 5000: {"0.005", "0.01"}, 1999999: {"1.999999", "2.00"},
		-200000: {"-0.20", "-0.20"}, 123456789: {"123.456789", "123.46"}, 1000000: {"1.00", "1.00"},
	} {
		if m.String() != want[0] || m.Round() != want[1] {
			t.Errorf("Money(%d) = %s, %s, want %s, %s", int64(m), m, m.Round(), want[0], want[1])
		}
	}
}

func TestRegions(t *testing.T) {
	for _, tt := range []struct{ name, workspace, want string }{
		{"", "", "https://dashscope.aliyuncs.com/api/v1"}, {"Beijing", "", "https://dashscope.aliyuncs.com/api/v1"}, {"cn-beijing", "llm-1", "https://dashscope.aliyuncs.com/api/v1"},
		{"singapore", "", "https://dashscope-intl.aliyuncs.com/api/v1"}, {"virginia", "", "https://dashscope-us.aliyuncs.com/api/v1"},
		{"hongkong", "", "https://cn-hongkong.dashscope.aliyuncs.com/api/v1"},
		{"frankfurt", "", ""}, {"frankfurt", "llm-1", "https://llm-1.eu-central-1.maas.aliyuncs.com/api/v1"}, {"tokyo", "ws-2", "https://ws-2.ap-northeast-1.maas.aliyuncs.com/api/v1"},
		{"tokyo", "evil.test/", ""}, {"tokyo", "a@b", ""},
	} {
		r, ok := LookupRegion(tt.name)
		if got := r.BaseURL(tt.workspace); !ok || got != tt.want {
			t.Errorf("LookupRegion(%q).BaseURL(%q) = %q, %v, want %q", tt.name, tt.workspace, got, ok, tt.want)
		}
	}
	if _, ok := LookupRegion("atlantis"); ok {
		t.Error("LookupRegion(atlantis) = true")
	}
	if Regions()[0].Name != "beijing" || !Regions()[0].Mainland {
		t.Errorf("Regions()[0] = %+v, want beijing", Regions()[0])
	}
}

func TestSizes(t *testing.T) {
	for _, tt := range []struct{ model, said, want string }{
		{"qwen-image-plus", "", "1664*928"}, {"qwen-image-plus", "1328*1328", "1328*1328"}, {"qwen-image-plus", "1328x1328", "1328*1328"}, {"qwen-image-plus", "1328×1328", "1328*1328"},
		{"qwen-image-plus", " 1328 X 1328 ", "1328*1328"},
		{"qwen-image-plus", "16:9", "1664*928"}, {"qwen-image-plus", "9：16", "928*1664"}, {"qwen-image-plus", "1:1", "1328*1328"}, {"qwen-image-plus", "32:18", "1664*928"},
		{"qwen-image-plus", "4:3", "1472*1104"}, {"qwen-image-plus", "3:4", "1104*1472"}, {"qwen-image-plus", "1472*1140", "1472*1140"}, {"qwen-image-plus", "1140*1472", "1140*1472"},
		{"qwen-image-2.0", "16:9", "2688*1536"}, {"qwen-image-2.0", "3:4", "1728*2368"}, {"qwen-image-2.0", "", "2048*2048"}, {"qwen-image-2.0", "1000*1000", "1000*1000"},
		{"qwen-image-3.0", "16:9", "1664*928"}, {"qwen-image-3.0", "512*4096", "512*4096"}, {"z-image-turbo", "2:3", "1024*1536"},
		{"wan2.2-t2i-plus", "512*1440", "512*1440"},
	} {
		if got, err := LookupModel(tt.model).Size(tt.said); err != nil || got.String() != tt.want {
			t.Errorf("%s: Size(%q) = %v, %v, want %s", tt.model, tt.said, got, err, tt.want)
		}
	}
}

func TestSizeErrors(t *testing.T) {
	for _, tt := range []struct{ model, said, want string }{
		{"qwen-image-plus", "1024*1024", "1024*1024 is not offered by qwen-image-plus; nearest: 1328*1328 (1:1)"},
		{"qwen-image-plus", "1024x768", "1024*768 is not offered by qwen-image-plus; nearest: 1472*1104 (4:3)"},
		{"qwen-image-plus", "2:1", "2:1 is not offered by qwen-image-plus; nearest: 1664*928 (16:9)"},
		{"qwen-image-plus", "1:9", "1:9 is not offered by qwen-image-plus; nearest: 928*1664 (9:16)"},
		{"qwen-image-2.0", "100*100", "100*100 is not offered by qwen-image-2.0; nearest: 2048*2048 (1:1)"},
		{"qwen-image-3.0", "9:1", "9:1 is not offered by qwen-image-3.0; nearest: 3712*464 (8:1)"},
		{"wan2.2-t2i-plus", "256*1200", "256*1200 is not offered by wan2.2-t2i-plus; nearest: 512*1440 (16:45)"},
		{"qwen-image-plus", "big", `"big" is no size; write 1328*1328 or 16:9`},
		{"qwen-image-plus", "0*5", `"0*5" is no size; write 1328*1328 or 16:9`},
		{"qwen-image-plus", "-1*-1", `"-1*-1" is no size; write 1328*1328 or 16:9`},
		{"qwen-image-plus", "1*2*3", `"1*2*3" is no size; write 1328*1328 or 16:9`},
		{"qwen-image-plus", "4294967296*4294967297", `"4294967296*4294967297" is no size; write 1328*1328 or 16:9`},
		{"qwen-image-plus", "0:0", `"0:0" is no size; write 1328*1328 or 16:9`},
	} {
		_, err := LookupModel(tt.model).Size(tt.said)
		var size *SizeError
		if !errors.As(err, &size) || err.Error() != tt.want {
			t.Errorf("%s: Size(%q) = %v, want %s", tt.model, tt.said, err, tt.want)
		}
	}
}

// For every model: the sizes it names are offered, every usual ratio gives an offered size of about that shape or an
// error that names an offered one, and nothing takes long, whatever is asked.
func TestSizesOfAllModels(t *testing.T) {
	said := []string{"1:1", "16:9", "9:16", "4:3", "3:4", "3:2", "2:3", "21:9", "9:21", "5:4", "1:2", "8:1", "1:8", "9:1", "1:100000", "99999:1", "100000*100000", "1*1", "1*99999", "511*2000", "2000*511"}
	for _, m := range Models() {
		for _, s := range append([]Size{m.Default()}, append(m.Sizes, m.AlsoSizes...)...) {
			if got, err := m.Size(s.String()); err != nil || got != s {
				t.Errorf("%s: Size(%s) = %v, %v", m.Name, s, got, err)
			}
		}
		for _, text := range said {
			got, err := m.Size(text)
			var other *SizeError
			if errors.As(err, &other) {
				got = other.Nearest
			}
			if !m.offers(got) || got.W <= 0 || got.H <= 0 {
				t.Errorf("%s: Size(%q) = %v, %v, and that is not offered", m.Name, text, got, err)
			}
			if w, h, ratio := parseRatio(text); ratio && err == nil && apart(got, float64(w)/float64(h)) > 0.05 {
				t.Errorf("%s: Size(%q) = %v, another shape", m.Name, text, got)
			}
		}
	}
}

// wan2.7 makes nothing below 768*768, with or without a picture to follow (WAN27, 2026-08).
func TestSmallestSizes(t *testing.T) {
	for name, least := range map[string]Size{"wan2.7-image": {768, 768}, "wan2.7-image-pro": {768, 768}, "qwen-image-2.1-pro": {512, 512}, "qwen-image-3.0": {512, 512}} {
		m := LookupModel(name)
		if less := (Size{least.W - 1, least.H}); !m.offers(least) || m.offers(less) {
			t.Errorf("%s: offers %v %v, %v %v, want true and false", name, least, m.offers(least), less, m.offers(less))
		}
	}
}

func TestRegionAt(t *testing.T) {
	for base, want := range map[string]string{
		"https://dashscope.aliyuncs.com/api/v1": "beijing", "https://dashscope-intl.aliyuncs.com": "singapore", "https://LLM-1.eu-central-1.maas.aliyuncs.com/api/v1": "frankfurt",
		"https://trial.cn-hongkong.maas.aliyuncs.com/api/v1": "hongkong", "https://maas.qwencloudapi.com/api/v1": "singapore", "https://maas.qianwenaiapi.com/api/v1": "beijing",
		"https://x/dashscope-us.aliyuncs.com/": "", "http://127.0.0.1:8686/api/v1": "", "": "", "%": "", "https://cn-beijing.maas.aliyuncs.com.example.com/": "",
	} {
		if got, ok := RegionAt(base); got.Name != want || ok != (want != "") {
			t.Errorf("RegionAt(%q) = %q, %v, want %q", base, got.Name, ok, want)
		}
	}
}

func TestUsualRatiosOfFreeModels(t *testing.T) {
	for _, name := range []string{"qwen-image-2.0", "qwen-image-2.1-turbo", "qwen-image-3.0-pro", "z-image-turbo", "wan2.7-image", "wan2.6-t2i", "wan2.5-t2i-preview", "wan2.2-t2i-plus"} {
		for _, said := range []string{"1:1", "16:9", "9:16", "4:3", "3:4", "3:2", "2:3"} {
			if _, err := LookupModel(name).Size(said); err != nil {
				t.Errorf("%s: Size(%q) = %v", name, said, err)
			}
		}
	}
}

func TestRatio(t *testing.T) {
	for size, want := range map[Size]string{
		{1664, 928}: "16:9", {928, 1664}: "9:16", {1328, 1328}: "1:1", {1472, 1104}: "4:3", {1472, 1140}: "4:3", {1140, 1472}: "3:4", {2688, 1536}: "16:9", {2368, 1728}: "4:3",
		{1024, 512}: "2:1", {7, 3}: "7:3", {0, 0}: "", {-1, 5}: "",
	} {
		for range 20 {
			if got := size.Ratio(); got != want {
				t.Fatalf("%v.Ratio() = %q, want %q", size, got, want)
			}
		}
	}
}

func TestAlternativeSize(t *testing.T) {
	for _, pair := range [][2]string{{"1472*1104", "1472*1140"}, {"1104*1472", "1140*1472"}} {
		for i, said := range pair {
			if got, ok := AlternativeSize(said); !ok || got != pair[1-i] {
				t.Errorf("AlternativeSize(%q) = %q, %v, want %q", said, got, ok, pair[1-i])
			}
			if size, _ := ParseSize(said); !LookupModel("qwen-image-plus").offers(size) {
				t.Errorf("%s is not taken", said)
			}
		}
	}
	if got, ok := AlternativeSize("1328*1328"); ok {
		t.Errorf("AlternativeSize(1328*1328) = %q, want none", got)
	}
}

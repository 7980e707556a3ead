package client

import (
	"strings"
	"time"
)

// An Endpoint is one of the service's three ways to make a picture.
type Endpoint int

const (
	// None is no endpoint: the model does not have that interface.
	None Endpoint = iota
	// TextToImage is POST services/aigc/text2image/image-synthesis: async, the prompt under input.
	TextToImage
	// ImageGeneration is POST services/aigc/image-generation/generation: async, the prompt in
	// messages.
	ImageGeneration
	// Multimodal is POST services/aigc/multimodal-generation/generation: sync, the prompt in
	// messages.
	Multimodal
)

// path is the endpoint's path below the base URL.
func (e Endpoint) path() string {
	return [...]string{
		TextToImage:     "/services/aigc/text2image/image-synthesis",
		ImageGeneration: "/services/aigc/image-generation/generation",
		Multimodal:      "/services/aigc/multimodal-generation/generation",
	}[e]
}

// A Model is what the vendor's pages say about one model.
type Model struct {
	Name string
	// Known is false for a model that is not in the table: nothing is checked, the service
	// decides.
	Known bool
	Sync  bool
	Async Endpoint // None, TextToImage or ImageGeneration
	// Sizes are offered by name, the default first; AlsoSizes are accepted as typed but not
	// proposed.
	Sizes, AlsoSizes []Size
	// MinArea, MaxArea (pixels) and MaxRatio (long side to short side, 0 unlimited) bound the
	// free sizes; 0 where only Sizes are offered.
	MinArea, MaxArea, MaxRatio int
	// MinSide and MaxSide bound each side of the free sizes, in pixels; 0 is no bound.
	MinSide, MaxSide int
	// MaxN is how many pictures one request may ask for.
	MaxN int
	// PromptLimit and NegativeLimit are in code points; 0 is unknown. The service cuts longer
	// prompts silently.
	PromptLimit, NegativeLimit int
	// NoNegative models take no negative prompt.
	NoNegative bool
	// Submissions in Per are taken by one account; Running is how many async tasks it works on
	// at once, 0 for no limit.
	Submissions int
	Per         time.Duration
	Running     int
	// Mainland and International are the prices of a picture in CNY; 0 is unknown.
	Mainland, International Money
	// Double2K says that pictures above 2,250,000 pixels cost double.
	Double2K bool
	// EditOnly models want a picture to edit and make none from text.
	EditOnly bool
	// Inputs are the pictures that a request may show the model.
	Inputs Inputs
	// NoSize and NoExtend models take no size and no prompt_extend.
	NoSize, NoExtend bool
	// Parameters are the names of what else a request may say, in Request.Extra.
	Parameters []string
	// Own is the price of a picture that the service names for the account, and Retires when the
	// model does; zero where it was not asked. See Catalogue.
	Own     Money
	Retires time.Time
	// Source names the vendor's page and its date.
	Source string
}

// Price is the price of one picture of a size in a region, 0 if it is unknown: the dearer one of the
// price list and the service's own, whose currency nobody names.
func (m Model) Price(r Region, size Size) Money {
	listed := m.Listed(r, size)
	if m.Double2K && m.Own <= m.Listed(r, Size{2048, 2048}) {
		return listed // Own is the dearest of the price list's two
	}
	return max(listed, m.Own)
}

// Listed is the price of one picture of a size in a region by the vendor's price page, 0 if it is
// not there.
func (m Model) Listed(r Region, size Size) Money {
	price := m.International
	if r.Mainland {
		price = m.Mainland
	}
	if m.Double2K && size.W*size.H > 2_250_000 {
		if r.Mainland {
			return 2 * price
		}
		return 562065 // PRICE 2026-11: not quite double
	}
	return price
}

// LookupModel finds a model by name. A model that is not in the table comes back with Known
// false and both interfaces allowed: new names appear faster than releases of this package.
func LookupModel(name string) Model {
	for _, m := range models {
		if m.Name == name {
			return m
		}
	}
	return Model{Name: name, Sync: true, Async: guessAsync(name), MaxN: 6, Submissions: 2,
		Per: time.Minute, Inputs: Inputs{Most: 10}}
}

// guessAsync follows the family: 2.1, 3.0 and wan 2.6 and later use the newer path.
func guessAsync(name string) Endpoint {
	for _, prefix := range []string{"qwen-image-2", "qwen-image-3", "qwen-image-4", "wan2.6",
		"wan2.7", "wan3"} {
		if strings.HasPrefix(name, prefix) {
			return ImageGeneration
		}
	}
	return TextToImage
}

// Models returns the table in the order of the vendor's page.
func Models() []Model { return append([]Model(nil), models...) }

var (
	fiveSizes = []Size{{1664, 928}, {1472, 1104}, {1328, 1328}, {1104, 1472}, {928, 1664}}
	older43   = []Size{{1472, 1140}, {1140, 1472}} // the user's document, 2025-09
	sizes20   = []Size{{2048, 2048}, {2688, 1536}, {1536, 2688}, {2368, 1728}, {1728, 2368}}
)

// models is the table of api.md §7 with the limits of §3.2: pages "qwen-image-api",
// "qwen-image-generation-and-editing", "rate-limit", "model-pricing" as of 2026-11. Beijing and
// Singapore have the same limits unless noted.
var models = joinModels(
	legacy(Model{Name: "qwen-image-plus", Sync: true, Async: TextToImage, Submissions: 2,
		Per: time.Second, Running: 2, Mainland: 200000, International: 220177}),
	legacy(Model{Name: "qwen-image", Sync: true, Async: TextToImage, Submissions: 2,
		Per: time.Second, Running: 2, Mainland: 250000, International: 256873}),
	legacy(Model{Name: "qwen-image-plus-2026-01-09", Sync: true, Submissions: 2, Per: time.Second,
		Mainland: 200000, International: 220177}),
	legacy(Model{Name: "qwen-image-max", Sync: true, Submissions: 2, Per: time.Minute,
		Mainland: 500000, International: 550443}, "-2025-12-30"),
	series20(Model{Name: "qwen-image-2.0", Submissions: 2, Per: time.Second, Mainland: 200000,
		International: 256873}, "-2026-03-03"),
	series20(Model{Name: "qwen-image-2.0-pro", Submissions: 2, Per: time.Minute, Mainland: 500000,
		International: 550443}, "-2026-03-03", "-2026-04-22", "-2026-06-22"),
	series30(Model{Name: "qwen-image-2.1-turbo", Submissions: 120, Per: time.Minute,
		Mainland: 100000, International: 113362, Inputs: qwenInputs(10)}),
	// no negative prompt: read in another client, 2026-10-07
	series30(Model{Name: "qwen-image-2.1-pro", Submissions: 20, Per: time.Minute, Mainland: 250000,
		International: 283404, NoNegative: true, Inputs: qwenInputs(10)}),
	series30(Model{Name: "qwen-image-3.0", Submissions: 20, Per: time.Minute, Mainland: 180000,
		International: 224826, Inputs: billed, Parameters: thinking30}),
	series30(Model{Name: "qwen-image-3.0-pro", Submissions: 5, Per: time.Minute, Mainland: 250000,
		International: 299768, Double2K: true, Inputs: billed,
		Parameters: thinking30}),
	edits(Model{Name: "qwen-image-edit", MaxN: 1, Submissions: 2, Per: time.Second,
		Mainland: 300000, International: 330266, NoSize: true, NoExtend: true}),
	edits(Model{Name: "qwen-image-edit-plus", MaxN: 6, Submissions: 2, Per: time.Second,
		Mainland: 200000, International: 220177}, "-2025-10-30", "-2025-12-15"),
	edits(Model{Name: "qwen-image-edit-max", MaxN: 6, Submissions: 2, Per: time.Minute,
		Mainland: 500000, International: 550443}, "-2026-01-16"),
	[]Model{
		// Costs ¥0.20 with prompt_extend and ¥0.10 without; a budget must count the
		// higher price.
		{Name: "z-image-turbo", Sync: true, Sizes: []Size{{1024, 1536}}, MinArea: 512 * 512,
			MaxArea: 2048 * 2048, MaxN: 1, PromptLimit: 800, Submissions: 2, Per: time.Second,
			Mainland: 200000, Known: true, Source: "z-image-api-reference 2026-11"},
		{Name: "wan2.7-image", Sync: true, Async: ImageGeneration, Sizes: []Size{{2048, 2048}},
			MinArea: 768 * 768, MaxArea: 2048 * 2048, MaxRatio: 8, MaxN: 4, PromptLimit: 5000,
			Submissions: 5, Per: time.Second, Running: 5, Mainland: 200000, Known: true,
			Inputs: wanInputs, Parameters: regions27,
			Source: "wan-image-generation-and-editing 2026-11"},
		{Name: "wan2.7-image-pro", Sync: true, Async: ImageGeneration, Sizes: []Size{{2048, 2048}},
			MinArea: 768 * 768, MaxArea: 4096 * 4096, MaxRatio: 8, MaxN: 4, PromptLimit: 5000,
			Submissions: 5, Per: time.Second, Running: 5, Mainland: 500000, Known: true,
			Inputs: wanInputs, Parameters: regions27,
			Source: "wan-image-generation-and-editing 2026-11"},
		{Name: "wan2.6-t2i", Sync: true, Async: ImageGeneration, Sizes: []Size{{1280, 1280}},
			MinArea: 1280 * 1280, MaxArea: 1440 * 1440, MaxRatio: 4, MaxN: 4, PromptLimit: 2100,
			NegativeLimit: 500, Submissions: 1, Per: time.Second, Running: 5, Mainland: 200000,
			Known: true, Source: "text-to-image-v2 2026-11"},
		{Name: "wan2.5-t2i-preview", Async: TextToImage, Sizes: []Size{{1280, 1280}},
			MinArea: 1280 * 1280, MaxArea: 1440 * 1440, MaxRatio: 4, MaxN: 4, PromptLimit: 2000,
			NegativeLimit: 500, Submissions: 5, Per: time.Second, Running: 5, Mainland: 200000,
			Known: true, Source: "text-to-image-v2 2026-11"},
		wan22("wan2.2-t2i-plus", 200000), wan22("wan2.2-t2i-flash", 140000),
		wan22("wanx2.1-t2i-plus", 200000), wan22("wanx2.1-t2i-turbo", 140000), wan22(
			"wanx2.0-t2i-turbo", 40000),
	},
)

func joinModels(groups ...[]Model) []Model {
	var all []Model
	for _, group := range groups {
		all = append(all, group...)
	}
	return all
}

// dated repeats a model under its dated names.
func dated(m Model, suffixes []string) []Model {
	all := []Model{m}
	for _, s := range suffixes {
		snapshot := m
		snapshot.Name += s
		all = append(all, snapshot)
	}
	return all
}

// legacy is the family of the user's document: five sizes, one picture, 800 and 500 code points.
func legacy(m Model, suffixes ...string) []Model {
	m.Known, m.Sizes, m.AlsoSizes, m.MaxN = true, fiveSizes, older43, 1
	m.PromptLimit, m.NegativeLimit = 800, 500
	m.Source = "qwen-image-api 2025-09 and 2026-11"
	return dated(m, suffixes)
}

// edits is the series that changes pictures and makes none from text. The limit of its prompts is in
// tokens; see series20. The price page has its international prices in USD: they are converted at
// the rate of qwen-image-plus.
func edits(m Model, suffixes ...string) []Model {
	m.Known, m.Sync, m.EditOnly, m.Inputs = true, true, true, qwenInputs(3)
	m.PromptLimit, m.NegativeLimit = 800, 500
	m.Source = "qwen-image-edit-api 2026-05"
	if !m.NoSize {
		m.Sizes = []Size{{1024, 1024}}
		m.MinSide, m.MaxSide, m.MinArea, m.MaxArea = 512, 2048, 512*512, 2048*2048
	}
	return dated(m, suffixes)
}

// series20 counts its prompt in tokens (1300); a code point of Chinese is at most about one
// token, so 1300 code points are never cut.
func series20(m Model, suffixes ...string) []Model {
	m.Known, m.Sync, m.Sizes, m.MaxN = true, true, sizes20, 6
	m.MinArea, m.MaxArea = 512*512, 2048*2048
	m.PromptLimit, m.NegativeLimit, m.Inputs = 1300, 500, qwenInputs(3)
	m.Source = "qwen-image-api 2026-11"
	return dated(m, suffixes)
}

// series30 is 2.1 and 3.0: both interfaces, ten tasks at once. The default is of the cheaper 1K
// tier. The limit of 2.1's prompt is not told; 3.0's is taken.
func series30(m Model) []Model {
	m.Known, m.Sync, m.Async, m.Running, m.MaxN = true, true, ImageGeneration, 10, 6
	m.Sizes = []Size{{1328, 1328}, {1664, 928}, {928, 1664}, {1472, 1104}, {1104, 1472}}
	m.MinArea, m.MaxArea, m.MaxRatio = 512*512, 2048*2048, 8
	m.PromptLimit, m.NegativeLimit = 4500, 500
	if m.NoNegative {
		m.NegativeLimit = 0
	}
	m.Source = "qwen-image-generation-and-editing 2026-10"
	return []Model{m}
}

func wan22(name string, price Money) Model {
	return Model{Name: name, Async: TextToImage, Sizes: []Size{{1024, 1024}}, MinArea: 512 * 512,
		MaxArea: 1440 * 1440, MinSide: 512, MaxSide: 1440, MaxN: 4,
		PromptLimit: 500, NegativeLimit: 500, Submissions: 2, Per: time.Second, Running: 2,
		Mainland: price, Known: true, Source: "text-to-image-v2 2026-11"}
}

package emulator

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"sync"
	"time"
)

// The three endpoints of api.md §7 (QI, QI3, 2026-05).
const (
	pathSync = "/api/v1/services/aigc/multimodal-generation/generation"
	pathA1   = "/api/v1/services/aigc/text2image/image-synthesis"
	pathA2   = "/api/v1/services/aigc/image-generation/generation"
)

// family is the form of a model's answers.
type family int

const (
	familyQwen  family = iota // results with orig_prompt; sync usage width, height, image_count
	familyQwen2               // sync only, no task_metric (QI, 2026-05)
	familyQwen3               // choices; usage output_width and so on (QI3, 2026-08)
	familyZ                   // also a text and token counts (ZI, 2026-05)
	familyWanx                // results with only url, task_metrics (CN, recorded 2024-03-01)
	familyWan                 // results with orig_prompt, task_metrics (WAN2, 2026-05)
	familyWan26               // choices and finished (WAN27, 2026-05)
)

// modelSpec is a row of the tables of api.md §7 and §3.2.
type modelSpec struct {
	name         string
	family       family
	endpoints    []string
	sizes        sizes
	maxCount     int // most pictures a request
	defaultCount int // pictures where n is not said; 0 is 1
	// code points a prompt is cut to; 0: the limit is in tokens, and nothing is cut here [I]
	promptLimit   int
	negativeLimit int
	noExtend      bool       // prompt_extend is off where it is not said
	noNegative    bool       // negative_prompt is refused
	needsImage    bool       // an edit model
	pictures      inputRules // that a request may show it
	quota         Quota
	mean          time.Duration
}

// sizes are the sizes that a model offers: a list, or any size within bounds.
type sizes struct {
	byDefault        string
	list             []string
	names            map[string]string // "2K" and the like
	minArea, maxArea int
	minSide, maxSide int
	ratio            int  // longest side over shortest
	refused          bool // a request must not say a size
}

// table is made once and never changes.
var table = sync.OnceValue(models)

// modelNamed finds a model by its name.
func modelNamed(name string) (*modelSpec, bool) {
	for i := range table() {
		if m := &table()[i]; m.name == name {
			return m, true
		}
	}
	return nil, false
}

// models makes the table: api.md §3.2 and §7 (RL, QI, QI3, WAN2, ZI; 2026-05 to 2026-10). The
// mean times are observations: about 15 s (QI, 2025-09), 16.5 s of max (CN, 2026-06-11), 18.7
// s of 3.0 (QI3, 2026-08); the others are [I].
func models() []modelSpec {
	sync, both := []string{pathSync}, []string{pathSync, pathA2}
	minute := func(n int) Quota { return Quota{Submissions: n, Per: time.Minute} }
	async := func(n int, per time.Duration, atOnce int) Quota {
		return Quota{Submissions: n, Per: per, Running: atOnce, Queue: 500}
	}
	second := Quota{Submissions: 2, Per: time.Second}
	legacy := modelSpec{family: familyQwen, endpoints: sync, sizes: legacySizes(), maxCount: 1,
		promptLimit: 800, negativeLimit: 500, quota: second, mean: 15 * time.Second}
	two := modelSpec{family: familyQwen2, endpoints: sync, sizes: freeSizes("2048*2048"),
		maxCount: 6, negativeLimit: 500, pictures: qwenPictures(3), quota: second, mean: 15 * time.Second}
	three := modelSpec{family: familyQwen3, endpoints: both, sizes: freeSizes("2048*2048"),
		maxCount: 6, negativeLimit: 500, pictures: qwenPictures(3), mean: 19 * time.Second}
	edit := modelSpec{family: familyQwen, endpoints: sync, sizes: editSizes(), maxCount: 6,
		promptLimit: 800, negativeLimit: 500, needsImage: true, pictures: qwenPictures(3), quota: second,
		mean: 20 * time.Second}
	wan := modelSpec{family: familyWan, endpoints: []string{pathA1}, sizes: sideSizes(),
		maxCount: 4, defaultCount: 4, promptLimit: 800, negativeLimit: 500, quota: async(
			2, time.Second, 2), mean: 12 * time.Second}
	wan26 := modelSpec{family: familyWan26, endpoints: both, sizes: wan26Sizes(), maxCount: 4,
		defaultCount: 4, promptLimit: 2100, negativeLimit: 500, quota: async(
			1, time.Second, 5), mean: 15 * time.Second}
	wan27 := modelSpec{family: familyWan26, endpoints: both, sizes: wan27Sizes(), maxCount: 4,
		promptLimit: 5000, pictures: wanPictures(), quota: async(5, time.Second, 5), mean: 20 * time.Second}

	lines := []modelSpec{
		legacy.as("qwen-image", func(m *modelSpec) {
			m.endpoints = []string{pathSync, pathA1}
			m.quota = async(2, time.Second, 2)
		}),
		legacy.as("qwen-image-plus", func(m *modelSpec) {
			m.endpoints = []string{pathSync, pathA1}
			m.quota = async(2, time.Second, 2)
		}),
		legacy.as("qwen-image-plus-2026-01-09", nil),
	}
	slow := func(m *modelSpec) { m.quota, m.mean = minute(2), 16500*time.Millisecond }
	lines = append(lines, legacy.as("qwen-image-max", slow),
		legacy.as("qwen-image-max-2025-12-30", slow))
	lines = append(lines, two.as("qwen-image-2.0", nil), two.as("qwen-image-2.0-2026-03-03", nil))
	for _, date := range []string{"", "-2026-03-03", "-2026-04-22", "-2026-06-22"} {
		lines = append(lines, two.as("qwen-image-2.0-pro"+date, slow))
	}
	lines = append(lines,
		three.as("qwen-image-2.1-turbo", func(m *modelSpec) {
			m.quota = async(120, time.Minute, 10)
			m.pictures, m.mean = qwenPictures(10), 10*time.Second
		}),
		three.as("qwen-image-2.1-pro", func(m *modelSpec) {
			m.quota = async(20, time.Minute, 10)
			m.pictures, m.noNegative, m.negativeLimit = qwenPictures(10), true, 0
		}),
		three.as("qwen-image-3.0", func(m *modelSpec) { m.quota = async(20, time.Minute, 10) }),
		three.as("qwen-image-3.0-pro", func(m *modelSpec) {
			m.quota = async(5, time.Minute, 10)
			m.mean = 25 * time.Second
		}),
		edit.as("qwen-image-edit", func(m *modelSpec) {
			m.maxCount, m.sizes.refused = 1, true
		}),
		edit.as("qwen-image-edit-plus", nil), edit.as("qwen-image-edit-plus-2025-10-30", nil),
		edit.as("qwen-image-edit-plus-2025-12-15", nil), edit.as("qwen-image-edit-max", slow),
		edit.as("qwen-image-edit-max-2026-01-16", slow),
		two.as("z-image-turbo", func(m *modelSpec) {
			m.family, m.sizes, m.maxCount = familyZ, freeSizes("1024*1536"), 1
			m.promptLimit, m.pictures, m.noExtend = 800, inputRules{}, true
			m.mean = 8 * time.Second
		}),
		wan27.as("wan2.7-image", nil),
		wan27.as("wan2.7-image-pro", func(m *modelSpec) {
			m.sizes.maxArea = 4096 * 4096
			m.sizes.names = map[string]string{
				"1K": "1024*1024", "2K": "2048*2048", "4K": "4096*4096"}
		}),
		wan26.as("wan2.6-t2i", nil),
		wan.as("wan2.5-t2i-preview", func(m *modelSpec) {
			m.sizes, m.promptLimit, m.quota = wan26Sizes(), 2000, async(5, time.Second, 5)
		}),
	)
	for _, name := range []string{"wan2.2-t2i-plus", "wan2.2-t2i-flash", "wanx2.1-t2i-plus",
		"wanx2.1-t2i-turbo", "wanx2.0-t2i-turbo"} {
		lines = append(lines, wan.as(name, nil))
	}
	return append(lines, wan.as("wanx-v1", func(m *modelSpec) {
		m.family = familyWanx
		m.mean = 30 * time.Second
	}))
}

// as returns a copy of a model with another name and changes.
func (m modelSpec) as(name string, change func(*modelSpec)) modelSpec {
	m.name = name
	if change != nil {
		change(&m)
	}
	return m
}

// legacySizes lists both forms of 4:3: 1472*1140 is in the document of 2025-09, 1472*1104 in
// every one since 2026.
func legacySizes() sizes {
	return sizes{byDefault: "1664*928", list: []string{
		"1664*928", "1472*1104", "1472*1140", "1328*1328", "1104*1472", "1140*1472", "928*1664",
	}}
}

// sizeFor is the size of what is made for a size that a request says. Without one, pictures decide:
// the edit series and 2.0 take about 1024² and the ratio of the last (QIE, 2026-05), the others
// choose, here that ratio in the area of their default [I]. The edit series rounds the sides to
// multiples of 16: 1033*1032 gives 1040*1024.
func (q *request) sizeFor(said string) (string, *refusal) {
	z := q.model.sizes
	size, r := z.check(said)
	if r != nil || len(q.inputs) == 0 {
		return size, r
	}
	w, h, _ := splitSize(size)
	if last := q.inputs[len(q.inputs)-1]; said == "" && last.Width > 0 && last.Height > 0 {
		area := float64(w * h)
		if q.model.needsImage || q.model.family == familyQwen2 {
			area = 1024 * 1024
		}
		ratio := float64(last.Width) / float64(last.Height)
		w = int(math.Sqrt(area * ratio))
		h = int(math.Sqrt(area / ratio))
	}
	if said == "" || q.model.needsImage {
		w, h = max((w+7)/16, 1)*16, max((h+7)/16, 1)*16
	}
	return fmt.Sprintf("%d*%d", w, h), nil
}

// editSizes bounds each side of what edit models make (QIE, 2026-05).
func editSizes() sizes { return sizes{byDefault: "1024*1024", minSide: 512, maxSide: 2048} }

func freeSizes(unsaid string) sizes {
	return sizes{byDefault: unsaid, minArea: 512 * 512, maxArea: 2048 * 2048, ratio: 8}
}

func sideSizes() sizes { return sizes{byDefault: "1024*1024", minSide: 512, maxSide: 1440} }

func wan26Sizes() sizes {
	return sizes{byDefault: "1280*1280", minArea: 1280 * 1280, maxArea: 1440 * 1440, ratio: 4}
}

func wan27Sizes() sizes {
	return sizes{byDefault: "2K", minArea: 768 * 768, maxArea: 2048 * 2048, ratio: 8,
		names: map[string]string{"1K": "1024*1024", "2K": "2048*2048"}}
}

// check reads a size and returns it as W*H.
func (z sizes) check(text string) (string, *refusal) {
	switch {
	case text == "":
		text = z.byDefault
	case z.refused:
		return "", invalid("size is not supported by this model")
	}
	if named, ok := z.names[text]; ok {
		text = named
	}
	w, h, ok := splitSize(text)
	if !ok {
		return "", badSize()
	}
	if z.allows(text, w, h) {
		return text, nil
	}
	if z.list != nil {
		return "", invalid("The size is not match the allowed size ['" +
			strings.Join(z.list, "', '") + "']")
	}
	return "", invalid(fmt.Sprintf("The size is not match the allowed size: %d*%d", w, h))
}

func badSize() *refusal { return invalid("size error. Expected format: '<width>*<height>'") }

func (z sizes) allows(text string, w, h int) bool {
	for _, s := range z.list {
		if s == text {
			return true
		}
	}
	long, short := max(w, h), min(w, h)
	switch {
	case z.list != nil:
		return false
	case z.maxSide > 0:
		return short >= z.minSide && long <= z.maxSide
	}
	return w*h >= z.minArea && w*h <= z.maxArea && long <= z.ratio*short
}

// splitSize reads "W*H" in plain digits.
func splitSize(text string) (w, h int, ok bool) {
	a, b, _ := strings.Cut(text, "*")
	w, err1 := strconv.Atoi(a)
	h, err2 := strconv.Atoi(b)
	ok = err1 == nil && err2 == nil && w > 0 && h > 0 && w < 1<<15 && h < 1<<15
	return w, h, ok && text == fmt.Sprintf("%d*%d", w, h)
}

package batch

import (
	"testing"
	"time"

	"github.com/qwenbatch/qwenbatch/batch/pace"
	"github.com/qwenbatch/qwenbatch/batch/state"
	"github.com/qwenbatch/qwenbatch/client"
	"github.com/qwenbatch/qwenbatch/manifests"
)

// A negative prompt for a model that takes none would be ignored or refused; it is told before anything is sent.
func TestNegativePromptOfAModelThatTakesNone(t *testing.T) {
	for _, tt := range []struct {
		model, negative string
		cut             bool
		want            int
	}{
		{"qwen-image-2.1-pro", "dogs", false, 1}, {"qwen-image-2.1-pro", "", false, 0},
		{"qwen-image-2.1-pro", "dogs", true, 0}, {"qwen-image-2.1-turbo", "dogs", false, 0},
	} {
		it := &manifests.Item{Prompt: "a cat", Model: tt.model, NegativePrompt: tt.negative}
		if got := (Rules{AllowTruncation: tt.cut}).Check(it); len(got) != tt.want {
			t.Errorf("Check(%+v) = %v, want %d", tt, got, tt.want)
		}
	}
}

// A model that the table lacks is used by what the service tells of it, and a dearer price of the service counts.
func TestModelsThatTheServiceTells(t *testing.T) {
	it := &manifests.Item{Prompt: "a cat", Model: "qwen-image-9"}
	if got := (Rules{}).Check(it); len(got) != 1 || got[0].Warning {
		t.Errorf("Check of an unknown model = %v, want one mistake", got)
	}
	live := client.Catalogue{
		"qwen-image-9":    {Limits: &client.Limits{Submissions: 1, Per: time.Second, Running: 3}, Info: &client.ModelInfo{Prices: []client.ListedPrice{{Type: "image_number", Price: 70000}}}},
		"qwen-image-plus": {Info: &client.ModelInfo{Prices: []client.ListedPrice{{Type: "image_number", Price: 210000}}}},
	}
	rules := Rules{Live: live}
	if got := rules.Check(it); len(got) != 0 {
		t.Errorf("Check of a model that the service tells = %v, want nothing", got)
	}
	beijing, _ := client.LookupRegion("beijing")
	b := &Batch{o: Options{Rules: rules}, region: beijing}
	for model, want := range map[string]client.Money{"qwen-image-9": 70000, "qwen-image-plus": 210000, "qwen-image-max": 500000} {
		if got := b.price(state.Request{Model: model, Size: "1328*1328"}); got != want {
			t.Errorf("%s costs %v, want %v", model, got, want)
		}
	}
	if p := pace.NewModel(live.Model("qwen-image-9"), false, 0, 0, 1); p.AtLimit(5) || !p.AtLimit(6) {
		t.Error("the window does not begin with 6, twice what the service tells")
	}
}

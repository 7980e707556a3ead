package batch

import (
	"testing"

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

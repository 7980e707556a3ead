package manifests

import (
	"fmt"
	"testing"
)

// A fingerprint that changes makes every picture of every finished batch be paid for again. These lines may be added
// to. They must never be changed.
func TestGoldenFingerprints(t *testing.T) {
	seed, zero, yes, no := int64(42), int64(0), true, false
	for _, c := range []struct {
		item Item
		want string
	}{
		{Item{Prompt: "a cat"}, "62b77030140c66ed901949151aae953a"},
		{Item{Prompt: "一只猫"}, "56dd42916fca583ba3f4cf7588d7dc34"},
		{Item{Prompt: "a cat", NegativeSaid: true}, "ad3e4652697529ac829ea5fc0b779a31"},
		{Item{Prompt: "a cat", NegativeSaid: true, NegativePrompt: "dogs"}, "310fbf6e47c71a6be979278b20fb2e32"},
		{Item{Prompt: "a cat", Model: "qwen-image-plus"}, "dda91335eb3fd6df94444050d13d103c"},
		{Item{Prompt: "a cat", Size: "16:9"}, "0a1d3740fb5ecb0625d0a377a15cf059"},
		{Item{Prompt: "a cat", Size: "1664*928"}, "eb935ff0535fa024a7d71da85403eb49"},
		{Item{Prompt: "a cat", Seed: &seed}, "a87166e270c9a608a7e6609bdd2ffb28"},
		{Item{Prompt: "a cat", Seed: &zero}, "3697b3e6ef224181833947cb61d08c89"},
		{Item{Prompt: "a cat", N: 1}, "59dc98bfe306a4ec7f5ba4a7b6553fb0"},
		{Item{Prompt: "a cat", PromptExtend: &yes}, "cabd2be1b3783f7487775700ecf47f22"},
		{Item{Prompt: "a cat", PromptExtend: &no}, "77c526e0176406c0b98473c6e0e8ef92"},
		{Item{Prompt: "a cat", Watermark: &yes}, "219d50d3be1c83078c5d8e3ff181c4da"},
		{Item{Prompt: "a cat", Watermark: &no}, "a09d72726bdabdb6e11078d2ed180e1d"},
		{Item{Prompt: "a cat", NegativeSaid: true, NegativePrompt: "dogs", Model: "qwen-image", Size: "1:1", Seed: &seed, N: 2, PromptExtend: &no, Watermark: &yes}, "12a4ca6e2ff79a280a2e840a4537f14b"},
	} {
		if got := fmt.Sprintf("%x", c.item.Fingerprint()); got != c.want {
			t.Errorf("Fingerprint() of %s = %s, want %s", show(&c.item), got, c.want)
		}
	}
}

// What is no part of the request is no part of the fingerprint.
func TestFingerprintLeavesOut(t *testing.T) {
	plain := Item{Prompt: "a cat"}
	more := Item{Prompt: "a cat", ID: "x", Row: 7, Index: 2, File: "y.png", Skip: true, Columns: []string{"z"}, NegativePrompt: "unsaid"}
	if plain.Fingerprint() != more.Fingerprint() {
		t.Error("id, row, index, file, skip, columns or an unsaid negative prompt change the fingerprint")
	}
}

// No two items may be read into the same text, whatever stands in their fields.
func TestFingerprintTextIsUnambiguous(t *testing.T) {
	a := Item{Model: "m", Prompt: "p", Size: "1:1"}
	b := Item{Model: "m", Prompt: "psize\x00\x00\x00\x00\x00\x00\x00\x031:1"}
	if a.Fingerprint() == b.Fingerprint() {
		t.Error("a prompt can imitate a size")
	}
}

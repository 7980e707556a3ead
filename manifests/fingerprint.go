package manifests

import (
	"crypto/sha256"
	"encoding/binary"
	"strconv"
)

// fingerprintVersion begins what is hashed. NEVER change it, nor what fingerprintText makes of
// an item that an earlier version could read: every picture of every batch out there would be
// paid for again. A new setting is added behind the others and only where it is said, so that
// old items keep their fingerprints; a golden test holds this.
const fingerprintVersion = "qwenbatch item 1\n"

// Fingerprint is a hash of what manifest and flags say of the item: model, prompt, negative
// prompt, size, prompt_extend, watermark, seed, n, pictures (the content of a file, a URL as it is
// written) and what few models know. What is not said is left out, so it
// differs from everything that is; in particular a seed that is drawn, and defaults of ours or
// of the API, are no part of it. Nor are id, row, file, skip and carried-through columns.
func (it *Item) Fingerprint() [16]byte {
	var space [512]byte
	sum := sha256.Sum256(it.fingerprintText(space[:0]))
	return [16]byte(sum[:16])
}

// fingerprintText appends the text that is hashed: the version, then for each setting that is
// said its name, the length of its value as 8 bytes (big-endian) and the value.
func (it *Item) fingerprintText(b []byte) []byte {
	b = append(b, fingerprintVersion...)
	b = appendSaid(b, "model", it.Model, it.Model != "")
	b = appendSaid(b, "prompt", it.Prompt, true)
	b = appendSaid(b, "negative_prompt", it.NegativePrompt, it.NegativeSaid)
	b = appendSaid(b, "size", it.Size, it.Size != "")
	b = appendBool(b, "prompt_extend", it.PromptExtend)
	b = appendBool(b, "watermark", it.Watermark)
	if it.Seed != nil {
		b = appendSaid(b, "seed", strconv.FormatInt(*it.Seed, 10), true)
	}
	if it.N != 0 {
		b = appendSaid(b, "n", strconv.Itoa(it.N), true)
	}
	for _, image := range it.Images {
		b = appendSaid(b, "image", image.identity(), true)
	}
	x := it.Extras
	b = appendSaid(b, "prompt_extend_mode", x.PromptExtendMode, x.PromptExtendMode != "")
	b = appendBool(b, "enable_thinking", x.EnableThinking)
	b = appendBool(b, "thinking_mode", x.ThinkingMode)
	b = appendSaid(b, "color_palette", x.ColorPalette, x.ColorPalette != "")
	return appendSaid(b, "bbox_list", x.BboxList, x.BboxList != "")
}

func appendSaid(b []byte, name, value string, said bool) []byte {
	if !said {
		return b
	}
	b = append(b, name...)
	b = binary.BigEndian.AppendUint64(b, uint64(len(value)))
	return append(b, value...)
}

func appendBool(b []byte, name string, value *bool) []byte {
	if value == nil {
		return b
	}
	return appendSaid(b, name, strconv.FormatBool(*value), true)
}

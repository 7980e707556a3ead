package tasklist

import "github.com/qwenbatch/qwenbatch/client"

// maxPrompt is the number of characters to which the service cuts prompts, and orig_prompt with
// them (the user's document, 2025-09).
const maxPrompt = 800

// PromptKey returns what the list tells a submission by, from its model and prompt. It cannot
// tell submissions with the same key apart.
func PromptKey(model, prompt string) string { return model + "\x00" + truncate(prompt, maxPrompt) }

// OriginalPrompt returns the prompt that a task was submitted with, where its answer tells it.
// Those of qwen-image-3.0, 2.1 and wan 2.6 do not (QI3, 2026-10).
func OriginalPrompt(t client.Task) (string, bool) {
	for _, r := range t.Results {
		if r.OrigPrompt != "" {
			return r.OrigPrompt, true
		}
	}
	return "", false
}

// SamePrompt reports whether an original prompt is the one that was sent, as far as the service
// keeps it.
func SamePrompt(told, sent string) bool {
	return truncate(told, maxPrompt) == truncate(sent, maxPrompt)
}

// truncate returns the first n characters of s.
func truncate(s string, n int) string {
	if runes := []rune(s); len(runes) > n {
		return string(runes[:n])
	}
	return s
}

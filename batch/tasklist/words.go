package tasklist

import "github.com/qwenbatch/qwenbatch/client"

// maxPrompt is where the service cuts prompts, and so orig_prompt (the user's document, 2025-09).
const maxPrompt = 800

// PromptKey is what the task list can tell a submission by. Submissions with the same are one
// to it.
func PromptKey(model, prompt string) string { return model + "\x00" + truncate(prompt, maxPrompt) }

// OriginalPrompt is what a task was asked for. qwen-image-3.0, 2.1 and wan 2.6 do not tell it
// (QI3, 2026-10).
func OriginalPrompt(t client.Task) (string, bool) {
	for _, r := range t.Results {
		if r.OrigPrompt != "" {
			return r.OrigPrompt, true
		}
	}
	return "", false
}

// SamePrompt compares as far as the service keeps a prompt.
func SamePrompt(told, sent string) bool {
	return truncate(told, maxPrompt) == truncate(sent, maxPrompt)
}

func truncate(s string, n int) string {
	if runes := []rune(s); len(runes) > n {
		return string(runes[:n])
	}
	return s
}

package batch

import "github.com/qwenbatch/qwenbatch/client"

// cutPrompt is where the service cuts prompts, and so orig_prompt (the user's document, 2025-09).
const cutPrompt = 800

// wordsOf is what the task list can tell a submission by. Submissions with the same are one to it.
func wordsOf(model, prompt string) string { return model + "\x00" + cutAt(prompt, cutPrompt) }

// origPrompt is what a task was asked for. qwen-image-3.0, 2.1 and wan 2.6 do not tell it (QI3, 2026-10).
func origPrompt(t client.Task) (string, bool) {
	for _, r := range t.Results {
		if r.OrigPrompt != "" {
			return r.OrigPrompt, true
		}
	}
	return "", false
}

// sameWords compares as far as the service keeps a prompt.
func sameWords(told, sent string) bool { return cutAt(told, cutPrompt) == cutAt(sent, cutPrompt) }

func cutAt(s string, n int) string {
	if runes := []rune(s); len(runes) > n {
		return string(runes[:n])
	}
	return s
}

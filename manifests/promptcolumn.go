package manifests

import (
	"slices"
	"strings"
)

// promptRival says that another column than the one with the prompts may hold them. The columns
// of an earlier run are left out before.
func (h *header) promptRival(names []string, explicit map[string]string) []headerFault {
	if h.width == 0 {
		return nil // an empty sheet
	}
	column := h.index[fieldPrompt]
	_, chosen := explicit[fieldPrompt.String()]
	if chosen || column < 0 || plainName(names[column]) != weakPrompt {
		return nil
	}
	i := slices.IndexFunc(h.names, soundsLikePrompt)
	if i < 0 {
		return nil
	}
	return []headerFault{{h.carried[i], rivals(names[column], h.names[i])}}
}

// rivals say that a column with a name of many meanings stands beside one that speaks of prompts.
func rivals(weak, rival string) string {
	return quoteAll([]string{rival, weak}) + " may both hold the prompts; choose with " +
		columnFlag(fieldPrompt, rival) + " or " + columnFlag(fieldPrompt, weak)
}

// soundsLikePrompt reports whether a header that means none of our fields speaks of prompts.
func soundsLikePrompt(name string) bool {
	if _, known := fieldMeant(name); known {
		return false
	}
	return containsAny(plainName(name), "prompt", "提示词") && !speaksOf(name, hints[fieldNegative]...)
}

// soundsLikeWords reports whether a header speaks of what pictures are made of.
func soundsLikeWords(name string) bool {
	if f, near := fieldNearly(name); near {
		return f == fieldPrompt
	}
	return containsAny(plainName(name), "prompt", "descri", "caption", "beschreib", "提示", "描述",
		"文案", "画面", "内容", "プロンプト", "説明", "프롬프트", "설명")
}

// noPrompt says that no column is known to hold the prompts, shows the first row and how to
// name one.
func noPrompt(names []string, lengths []int) string {
	text := "no column holds the prompts; the first row is " + quoteAll(names)
	if len(names) == 1 && strings.Contains(names[0], "|") {
		return text + "; columns are separated by commas, semicolons or tabs, not by |"
	}
	return text + "; name the column: " + columnFlag(fieldPrompt, likeliest(names, lengths))
}

// likeliest is the header that most likely stands over the prompts: of those that sound so, or
// else of those that mean nothing, the one with the longest texts below it.
func likeliest(names []string, lengths []int) string {
	best, longest := "", -1
	for _, sounds := range []bool{true, false} {
		for i, name := range names {
			if _, known := fieldMeant(name); known || name == "" || sounds && !soundsLikeWords(name) {
				continue
			}
			if i < len(lengths) && lengths[i] > longest {
				best, longest = name, lengths[i]
			}
		}
		if best != "" {
			return best
		}
	}
	return "描述"
}

func containsAny(text string, parts ...string) bool {
	return slices.ContainsFunc(parts, func(p string) bool { return strings.Contains(text, p) })
}

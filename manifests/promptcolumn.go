package manifests

import (
	"slices"
	"strings"
)

// promptRival says that another column than the one with the prompts may hold them. The columns
// of an earlier run are left out before.
func (h *header) promptRival(names []string, explicit map[string]string,
	lengths func() []int) []headerFault {
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
	other, under := h.carried[i], lengths()
	return []headerFault{{other,
		rivals(names[column], h.names[i], under[column], under[other])}}
}

// rivals say that a column with a name of many meanings stands beside one that speaks of prompts.
// The latter is named first, unless its texts are so much shorter that they are ids or titles.
func rivals(weak, rival string, weakLength, length int) string {
	first, second := rival, weak
	if weakLength > 4*length {
		first, second = weak, rival
	}
	return quoteAll([]string{rival, weak}) + " may both hold the prompts; choose with " +
		columnFlag(fieldPrompt, first) + " or " + columnFlag(fieldPrompt, second)
}

// soundsLikePrompt reports whether a header that means none of our fields speaks of prompts.
func soundsLikePrompt(name string) bool {
	if _, known := fieldMeant(name); known {
		return false
	}
	return containsAny(plainName(name), "prompt", "提示词", "提示詞") && !speaksOf(name, hints[fieldNegative]...)
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
	if sep := otherSeparator(names); sep != "" {
		return text + "; columns are separated by commas, semicolons or tabs, not by " + sep
	}
	return text + "; name the column: " + columnFlag(fieldPrompt, likeliest(names, lengths))
}

// otherSeparator is what separates the names of a header that is taken for one cell, as | or a
// comma of full width, "" where there is none: a hint to take all of it for the prompts would
// buy the other columns' words, too.
func otherSeparator(names []string) string {
	if len(names) != 1 {
		return ""
	}
	for _, sep := range []string{"|", "，", "；", "、", "^"} {
		parts := strings.Split(names[0], sep)
		if len(parts) > 1 && (sep == "|" || speakOfColumns(parts)) {
			return sep
		}
	}
	return ""
}

// speakOfColumns reports whether a header is among some names, by what they say.
func speakOfColumns(names []string) bool {
	return slices.ContainsFunc(names, func(name string) bool {
		_, known := fieldMeant(name)
		_, near := fieldNearly(name)
		return known || near || soundsLikeWords(name)
	})
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

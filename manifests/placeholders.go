package manifests

import (
	"regexp"
	"strings"
)

// placeholderSigns begin what placeholders matches.
const placeholderSigns = "{[<_%"

// placeholders are what tools for prompts put words in place of: {prompt} of style files,
// {{ x }} of templates, ${x}, {0}, __x__ and {a|b} of dynamic prompts, [x] and <x> of prompts
// that are passed around, %x%.
var placeholders = regexp.MustCompile(`\{\{[^{}]{1,80}\}\}|` +
	`\$?\{ ?[\pL_][\pL\pN_. -]{0,60}\}|\{\d*\}|\{[^{}\n]*\|[^{}\n]*\}|` +
	`__[\pL\pN][\pL\pN/_-]*?__|` +
	`\[[\pL_][\pL\pN_ -]{0,40}\]|<[\pL_][\pL\pN_ -]{2,40}>|%[\pL_][\pL\pN_.]{1,40}%`)

// ownPlaceholder is {{.name}}, as our own templates have it.
var ownPlaceholder = regexp.MustCompile(`\{\{-?\s*\$?\.([\pL_][\pL\pN_]*)\s*-?\}\}`)

// placeholder is the first of a text that nothing has filled in, "" where there is none.
func placeholder(text string) string {
	if !strings.ContainsAny(text, placeholderSigns) {
		return ""
	}
	return placeholders.FindString(text)
}

package template

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	texttemplate "text/template"
)

// functionNames are the functions that phrases may call: ours, and those of text/template that
// only look.
var functionNames = []string{"lower", "upper", "trim", "default", "replace", "join", "index",
	"printf", "print", "len", "eq", "ne", "lt", "le", "gt", "ge", "and", "or", "not"}

// functions are ours, and print and printf within bounds.
var functions = texttemplate.FuncMap{
	"lower":   strings.ToLower,
	"upper":   strings.ToUpper,
	"trim":    strings.TrimSpace,
	"default": orDefault,
	"replace": replaced,
	"join":    joined,
	"print":   printed,
	"printf":  formatted,
}

// orDefault is {{.style | default "ink"}}: the text, or another one where it is blank.
func orDefault(other, text string) string {
	if strings.TrimSpace(text) == "" {
		return other
	}
	return text
}

// replaced is {{.prompt | replace "cat" "dog"}}.
func replaced(old, with, text string) (string, error) {
	if n := strings.Count(text, old); n*(len(with)-len(old))+len(text) > maxRendered {
		return "", errTooLong
	}
	return strings.ReplaceAll(text, old, with), nil
}

// joined is {{join ", " .prompt .style .mood}}: the texts that are not blank.
func joined(separator string, texts ...string) (string, error) {
	texts = slices.DeleteFunc(texts, func(s string) bool { return strings.TrimSpace(s) == "" })
	length := len(separator) * len(texts)
	for _, text := range texts {
		length += len(text)
	}
	if length > maxRendered {
		return "", errTooLong
	}
	return strings.Join(texts, separator), nil
}

func printed(a ...any) (string, error) {
	length := 0
	for _, v := range a {
		if text, ok := v.(string); ok {
			length += len(text)
		}
	}
	if length > maxRendered {
		return "", errTooLong
	}
	return fmt.Sprint(a...), nil
}

// wide is a width or precision of four digits or more, or one that is an argument.
var wide = regexp.MustCompile(`%[^a-zA-Z%]*(\d{4}|\*)`)

func formatted(format string, a ...any) (string, error) {
	if wide.MatchString(format) || strings.Count(format, "%") > 100 {
		return "", errors.New("printf takes widths of at most 999, and at most 100 values")
	}
	text := fmt.Sprintf(format, a...)
	if len(text) > maxRendered {
		return "", errTooLong
	}
	return text, nil
}

package cli

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/qwenbatch/qwenbatch/batch"
	"github.com/qwenbatch/qwenbatch/cli/term"
	"github.com/qwenbatch/qwenbatch/client"
	"github.com/qwenbatch/qwenbatch/manifests"
	"github.com/qwenbatch/qwenbatch/manifests/spell"
)

// unknownModel is the mistake of --model that names no model, whatever the rows say; nil for one
// that is known, or that --mode says to try.
func (r *manifestFlags) unknownModel() error {
	name := r.defaults.Model
	if name == "" || r.rules.Mode != "auto" || r.rules.Live.Model(name).Known {
		return nil
	}
	return &mistake{text: r.said("model", name) + ": it is not in the model table; if it is " +
		"right, say --mode async or --mode sync; nothing was sent", hint: r.flagHint("model")}
}

// wrongDefault is the mistake of a flag whose value no manifest could have; other errors stay.
func (r *manifestFlags) wrongDefault(err error) error {
	var wrong *manifests.DefaultError
	if !errors.As(err, &wrong) {
		return err
	}
	return &mistake{text: r.said(wrong.Field, r.flagValue(wrong.Field)) + ": " + wrong.Text,
		hint: r.flagHint(wrong.Field)}
}

// flagAtFault makes one mistake of a flag where rows have the same one, in a field that the flag
// gives: rows that say nothing are not wrong.
func (r *manifestFlags) flagAtFault(err error) error {
	var list *manifests.ErrorList
	if !errors.As(err, &list) || len(list.Errors) == 0 {
		return err
	}
	isFlags := func(e manifests.Error) bool {
		value := r.flagValue(e.Field)
		return value != "" && (e.Field == "model" && strings.HasPrefix(e.Text, value+" ") ||
			e.Field == "size" && strings.HasPrefix(e.Text, r.sizeText(value)+" is not offered"))
	}
	i := slices.IndexFunc(list.Errors, isFlags)
	if i < 0 {
		return err
	}
	first := list.Errors[i]
	others := slices.DeleteFunc(slices.Clone(list.Errors), func(e manifests.Error) bool {
		return e.Field == first.Field && e.Text == first.Text
	})
	text := r.said(first.Field, r.flagValue(first.Field)) + ": " + first.Text
	rows := list.Total
	if len(others) > 0 {
		rows = len(list.Errors) - len(others)
	}
	m := &mistake{text: fmt.Sprintf("%s (%s); nothing was sent", text, term.Amount(rows, "row")),
		hint: r.flagHint(first.Field)}
	if len(others) > 0 {
		rest := &manifests.ErrorList{Errors: others, Total: list.Total - rows}
		m.text += "\n" + mistakeLines(rest)
	}
	return m
}

// sizeText is a size as the errors of rows write it.
func (r *manifestFlags) sizeText(value string) string {
	if size, ok := client.ParseSize(value); ok {
		return size.String()
	}
	return value
}

func (r *manifestFlags) flagValue(field string) string {
	switch field {
	case "model":
		return r.defaults.Model
	case "size":
		return r.defaults.Size
	}
	return ""
}

// said names a flag with its value, and who has said it where that is not the command line.
func (r *manifestFlags) said(flag, value string) string {
	quoted := term.ShellQuote(value)
	f := r.pictures.Lookup(flag)
	switch {
	case value == "" || f == nil:
		return "--" + flag
	case isFromFile(f):
		return sourceOf(f) + ": " + flag + " " + quoted
	case f.Changed && sourceOf(f) != "command line":
		return sourceOf(f) + "=" + quoted
	}
	return "--" + flag + " " + quoted
}

// flagHint is what may be meant by the flag that gives a field.
func (r *manifestFlags) flagHint(field string) string {
	switch {
	case field == "size" && r.defaults.Size != "":
		return r.sizeHint()
	case field != "model" || r.defaults.Model == "":
		return ""
	}
	if near := spell.Nearest(r.defaults.Model, modelNames()); near != "" {
		return "did you mean --model " + near + "?"
	}
	return "qwenbatch models lists the models"
}

func (r *manifestFlags) sizeHint() string {
	model := r.rules.Live.Model(cmp.Or(r.defaults.Model, batch.DefaultModel))
	_, err := model.Size(r.defaults.Size)
	near := ""
	if other := (*client.SizeError)(nil); errors.As(err, &other) && other.Nearest != (client.Size{}) {
		near = strings.ReplaceAll(other.Nearest.String(), "*", "x")
	} else {
		near = spell.Nearest(r.defaults.Size, sizesOf(model))
	}
	if near == "" {
		return "qwenbatch models " + model.Name + " lists its sizes"
	}
	return "did you mean --size " + near + "? --nearest-size takes the allowed size nearest in " +
		"shape; qwenbatch models " + model.Name + " lists them"
}

// sizesOf are the sizes of a model in the forms that need no quotes.
func sizesOf(m client.Model) (names []string) {
	for _, s := range m.Sizes {
		names = append(names, s.Ratio(), strings.ReplaceAll(s.String(), "*", "x"))
	}
	return names
}

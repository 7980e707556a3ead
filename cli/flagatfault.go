package cli

import (
	"errors"
	"fmt"

	"github.com/qwenbatch/qwenbatch/cli/term"
	"github.com/qwenbatch/qwenbatch/manifests"
	"github.com/qwenbatch/qwenbatch/manifests/spell"
)

// flagAtFault makes one mistake of a flag where every row has the same one, in a field that the
// flag gives: rows that say nothing are not wrong.
func (r *manifestFlags) flagAtFault(err error) error {
	var list *manifests.ErrorList
	if !errors.As(err, &list) || len(list.Errors) == 0 {
		return err
	}
	first := list.Errors[0]
	value := map[string]string{"model": r.defaults.Model, "size": r.defaults.Size}[first.Field]
	if value == "" {
		return err
	}
	for _, e := range list.Errors {
		if e.Field != first.Field || e.Text != first.Text {
			return err
		}
	}
	return &mistake{text: fmt.Sprintf("--%s %s: %s (%s); nothing was sent", first.Field,
		term.ShellQuote(value), first.Text, term.Amount(list.Total, "row")),
		hint: r.flagHint(first.Field)}
}

// flagHint is what may be meant by the flag that gives a field.
func (r *manifestFlags) flagHint(field string) string {
	switch {
	case field == "size" && r.defaults.Size != "":
		return "--nearest-size takes the allowed size nearest in shape; qwenbatch models NAME " +
			"lists those of a model"
	case field != "model" || r.defaults.Model == "":
		return ""
	}
	if near := spell.Nearest(r.defaults.Model, modelNames()); near != "" {
		return "did you mean --model " + near + "?"
	}
	return "qwenbatch models lists the models"
}

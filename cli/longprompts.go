package cli

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/qwenbatch/qwenbatch/batch"
	"github.com/qwenbatch/qwenbatch/cli/term"
	"github.com/qwenbatch/qwenbatch/client"
	"github.com/qwenbatch/qwenbatch/manifests"
)

// A demand is what a model must take to make all items of a manifest.
type demand struct {
	prompt, negative string // the longest
	forms            []form
	model            string // of the first item with a prompt that is too long
}

// A form is what else an item asks of a model.
type form struct {
	size string
	n    int
}

// roomier adds to the mistakes of a manifest that has prompts which are too long the cheapest
// model that takes them all.
func (r *manifestFlags) roomier(m *manifests.Manifest, err error) error {
	var list *manifests.ErrorList
	if !errors.As(err, &list) {
		return err
	}
	i := slices.IndexFunc(list.Errors, func(e manifests.Error) bool {
		return strings.Contains(e.Text, "the API cuts after")
	})
	if i < 0 {
		return err
	}
	d := r.demandOf(m)
	if model, price := r.cheapest(d); model.Name != "" {
		list.Errors[i].Hint = d.hint(model, price, r.defaults.Model)
	}
	return err
}

// demandOf looks at all items that can be read.
func (r *manifestFlags) demandOf(m *manifests.Manifest) (d demand) {
	for it, err := range m.Items() {
		if err != nil {
			break
		}
		if it.Skip {
			continue
		}
		limit := r.rules.Live.Model(cmp.Or(it.Model, batch.DefaultModel)).PromptLimit
		if d.model == "" && limit > 0 && utf8.RuneCountInString(it.Prompt) > limit {
			d.model = cmp.Or(it.Model, "-")
		}
		d.prompt = longer(d.prompt, it.Prompt)
		d.negative = longer(d.negative, it.NegativePrompt)
		if f := (form{it.Size, it.N}); !slices.Contains(d.forms, f) && len(d.forms) < 100 {
			d.forms = append(d.forms, f)
		}
	}
	return d
}

func longer(a, b string) string {
	if utf8.RuneCountInString(b) > utf8.RuneCountInString(a) {
		return b
	}
	return a
}

// cheapest is the model of the table that takes everything for least, and its price.
func (r *manifestFlags) cheapest(d demand) (best client.Model, least client.Money) {
	region, _ := client.LookupRegion(r.priceRegion)
	for _, model := range client.Models() {
		if model.PromptLimit == 0 || !r.takes(model, d) {
			continue
		}
		size, err := model.Size(d.forms[0].size)
		if err != nil {
			continue
		}
		price := model.Price(region, size)
		if price > 0 && (best.Name == "" || price < least) {
			best, least = model, price
		}
	}
	return best, least
}

// takes reports whether a model makes items of all forms.
func (r *manifestFlags) takes(model client.Model, d demand) bool {
	for _, f := range d.forms {
		it := manifests.Item{Model: model.Name, Prompt: d.prompt, NegativePrompt: d.negative,
			NegativeSaid: d.negative != "", Size: f.size, N: f.n}
		if len(r.rules.Check(&it)) > 0 {
			return false
		}
	}
	return len(d.forms) > 0
}

// hint names the model: by the flag, unless the rows name theirs.
func (d demand) hint(model client.Model, price client.Money, flag string) string {
	takes := fmt.Sprintf("takes %s characters (%s a picture)", term.Number(model.PromptLimit),
		term.Yuan(price))
	if d.model != "-" && d.model != flag {
		return fmt.Sprintf("%s %s: name it in place of %s; qwenbatch models lists the others",
			model.Name, takes, d.model)
	}
	return fmt.Sprintf("--model %s %s; for some rows only, name it in a column model; qwenbatch "+
		"models lists the others", model.Name, takes)
}

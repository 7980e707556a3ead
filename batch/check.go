package batch

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/qwenbatch/qwenbatch/batch/pictures"
	"github.com/qwenbatch/qwenbatch/batch/state"
	"github.com/qwenbatch/qwenbatch/client"
	"github.com/qwenbatch/qwenbatch/manifests"
)

// DefaultModel is used where neither manifest nor flags name a model.
const DefaultModel = "qwen-image-plus"

// Rules are what the flags say of items that the service would not take as they are.
type Rules struct {
	// Mode is "auto", "async" or "sync"; "" is auto.
	Mode string
	// AllowTruncation sends prompts that the service will cut.
	AllowTruncation bool
	// NearestSize takes the allowed size nearest in shape where an item asks for another.
	NearestSize bool
	// Live is what the service has told of models, beside the model table; nil is nothing. It
	// may be filled in until Run begins.
	Live client.Catalogue
}

// Check returns what is wrong with an item, by the model table. It is manifests.Options.Check.
func (r Rules) Check(it *manifests.Item) []manifests.Problem {
	m := r.Live.Model(modelOf(it))
	var found []manifests.Problem
	add := func(field, format string, args ...any) {
		found = append(found, manifests.Problem{Field: field, Text: fmt.Sprintf(format, args...)})
	}
	if problem := r.model(m, len(it.Images) > 0); problem != "" {
		add("model", "%s", problem)
		return found
	}
	if !m.Known {
		found = append(found, manifests.Problem{Field: "model", Warning: true,
			Text: m.Name + " is not in the model table: nothing about it is checked" +
				unpriced(m)})
	}
	found = append(found, r.images(m, it)...)
	if _, err := r.sizeFor(m, it); err != nil && !m.NoSize {
		add("size", "%v", err)
	}
	if m.MaxN > 0 && it.N > m.MaxN {
		add("n", "%s makes at most %d of one request; use count for more", m.Name, m.MaxN)
	}
	if !r.AllowTruncation {
		tooLong(add, "prompt", it.Prompt, m.PromptLimit)
		tooLong(add, "negative_prompt", it.NegativePrompt, m.NegativeLimit)
		if m.NoNegative && it.NegativePrompt != "" {
			add("negative_prompt", "%s takes none (--allow-truncation sends it all the same)",
				m.Name)
		}
	}
	return found
}

// unpriced is what the warning about an unknown model adds where nobody tells its price.
func unpriced(m client.Model) string {
	if m.Own > 0 {
		return ""
	}
	return ", and its price is not known"
}

// tooLong finds what the API would cut without a word and bill (the user's document, 2025-09).
func tooLong(add func(field, format string, args ...any), field, text string, limit int) {
	if n := utf8.RuneCountInString(text); limit > 0 && n > limit {
		add(field,
			"has %d characters; the API cuts after %d (--allow-truncation sends it all the same)",
			n, limit)
	}
}

// model says why a model cannot be used in this mode; "" if it can.
func (r Rules) model(m client.Model, shows bool) string {
	switch {
	case m.EditOnly && !shows:
		return fmt.Sprintf("%s edits pictures and makes none from text: the column image names "+
			"them; qwen-image-plus makes some from text", m.Name)
	case !m.Known && r.Mode != "sync" && r.Mode != "async":
		return fmt.Sprintf(
			"%s is not in the model table; if it is right, say --mode async or --mode sync",
			m.Name)
	case r.Mode == "sync" && !m.Sync:
		return fmt.Sprintf("%s has no synchronous interface; leave --mode out", m.Name)
	case r.Mode == "async" && m.Async == client.None:
		return fmt.Sprintf("%s has no asynchronous interface; leave --mode out", m.Name)
	}
	return ""
}

// sync reports whether a model is used over the synchronous interface.
func (r Rules) sync(m client.Model) bool { return r.Mode == "sync" || m.Async == client.None }

// size is what is sent for what an item says.
func (r Rules) size(m client.Model, said string) (client.Size, error) {
	size, err := m.Size(said)
	var other *client.SizeError
	if r.NearestSize && errors.As(err, &other) && other.Nearest != (client.Size{}) {
		return other.Nearest, nil
	}
	return size, err
}

// Request is what is sent for an item without a key, and whether it goes over the synchronous
// interface. A seed that nobody says is drawn by chance.
func (r Rules) Request(it *manifests.Item) (client.Request, bool, error) {
	s, err := r.newRequest(it, rand.Text(), 0)
	return s.Client(content(it.Images)), s.Sync, err
}

func modelOf(it *manifests.Item) string {
	if it.Model != "" {
		return it.Model
	}
	return DefaultModel
}

// Names are the names of pictures that a template gives, "" for none.
func (r Rules) Names(template string) manifests.Names { return pictures.Rules(template, r.vars) }

// vars are the variables of a template of names that only the model table knows: model and size
// as they are sent.
func (r Rules) vars(it *manifests.Item) map[string]string {
	model := r.Live.Model(modelOf(it))
	vars := map[string]string{"model": model.Name, "size": it.Size}
	if size, err := r.size(model, it.Size); err == nil {
		vars["size"] = size.String()
	}
	vars["size"] = strings.NewReplacer("*", "x", ":", "x").Replace(vars["size"])
	return vars
}

// newRequest is the request for an item under its key: everything that nobody says is decided
// here, once.
func (r Rules) newRequest(it *manifests.Item, k string, redone int) (state.Request, error) {
	m := r.Live.Model(modelOf(it))
	size, err := r.sizeFor(m, it)
	if err != nil {
		return state.Request{}, err
	}
	s := state.Request{
		Model: m.Name, Prompt: it.Prompt, Negative: it.NegativePrompt, Size: size, N: max(
			1, it.N),
		Seed: drawnSeed(k, redone),
		// the API's default (the user's document, 2025-09)
		PromptExtend: it.PromptExtend == nil || *it.PromptExtend,
		Watermark:    it.Watermark != nil && *it.Watermark,
		Sync:         r.sync(m),
		Inputs:       inputs(it), Parameters: parameters(it),
	}
	if it.Seed != nil && redone == 0 {
		s.Seed = *it.Seed
	}
	return s, nil
}

// drawnSeed is the seed of an item that the manifest leaves open: the same on every machine and in
// every version. Redone counts the pictures that were thrown away for another.
func drawnSeed(k string, redone int) int64 {
	sum := sha256.Sum256(binary.BigEndian.AppendUint32(
		[]byte("seed\x00"+k+"\x00"), uint32(redone)))
	return int64(binary.BigEndian.Uint64(sum[:]) >> 33)
}

package batch

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/qwenbatch/qwenbatch/batch/state"
	"github.com/qwenbatch/qwenbatch/client"
	"github.com/qwenbatch/qwenbatch/manifests"
)

// images returns what is wrong with the pictures that an item shows, and with what few models
// know.
func (r Rules) images(m client.Model, it *manifests.Item) (found []manifests.Problem) {
	add := func(field, format string, args ...any) {
		found = append(found, manifests.Problem{Field: field, Text: fmt.Sprintf(format, args...)})
	}
	most := m.Inputs.Most
	switch n := len(it.Images); {
	case n > 0 && most == 0:
		add("image", "%s takes no pictures; qwen-image-edit-plus does (--model), and --column "+
			"image= leaves the column out", m.Name)
		return found
	case n > most:
		add("image", "%d pictures; %s takes at most %d", n, m.Name, most)
	}
	for _, image := range it.Images {
		if image.URL == "" {
			found = append(found, r.image(m, image)...)
		}
	}
	if m.NoSize && it.Size != "" {
		add("size", "%s takes no size: what it makes has the shape of its last picture", m.Name)
	}
	for _, name := range slices.Sorted(maps.Keys(it.Parameters())) {
		if !m.Takes(name) {
			add(name, "%s does not know it", m.Name)
		}
	}
	if it.PromptExtendMode == "agent" && len(it.Images) > 0 {
		add("prompt_extend_mode", "agent is for texts without pictures")
	}
	if off := it.PromptExtend; off != nil && !*off && it.EnableThinking != nil && *it.EnableThinking {
		add("enable_thinking", "works with prompt_extend only")
	}
	var regions []json.RawMessage
	if json.Unmarshal([]byte(it.BboxList), &regions) == nil && len(regions) != len(it.Images) {
		add("bbox_list", "has %d lists for %d pictures; it has one for each", len(regions),
			len(it.Images))
	}
	return found
}

// TakesPictures reports whether a model takes pictures; "" is the default model.
func (r Rules) TakesPictures(model string) bool {
	return r.Live.Model(cmp.Or(model, DefaultModel)).Inputs.Most > 0
}

// image returns what is wrong with one picture.
func (r Rules) image(m client.Model, image manifests.Image) []manifests.Problem {
	look := client.Look{Bytes: image.Bytes, Format: image.Format, Width: image.Width,
		Height: image.Height, Transparent: image.Transparent}
	var wrong *client.InputError
	if errors.As(m.Inputs.Check(m.Name, look), &wrong) {
		return []manifests.Problem{{Field: "image", Text: image.Name() + " " + wrong.Text}}
	}
	if advice := m.Inputs.Advice(look); advice != "" {
		return []manifests.Problem{{Field: "image", Text: advice, Warning: true}}
	}
	return nil
}

// inputs are the pictures that an item shows, as they are recorded.
func inputs(it *manifests.Item) []state.Input {
	var all []state.Input
	for _, image := range it.Images {
		if image.URL != "" {
			all = append(all, state.Input{URL: image.URL})
			continue
		}
		all = append(all, state.Input{Name: image.Name(), SHA256: image.SHA256, Bytes: image.Bytes})
	}
	return all
}

// parameters are what few models know, as they are recorded; nil where nothing is said.
func parameters(it *manifests.Item) json.RawMessage {
	said := it.Parameters()
	if said == nil {
		return nil
	}
	text, err := json.Marshal(said)
	if err != nil {
		panic(err) // unreachable unless a list of the manifest is no JSON
	}
	return text
}

// content opens the pictures of some items by their hashes: where they stand now, whatever they
// were called when they were recorded.
func content(images []manifests.Image) func(sha256 string) client.Image {
	return func(sha256 string) client.Image {
		for _, image := range images {
			switch {
			case image.SHA256 != sha256:
			case image.Open != nil:
				return client.Image{Open: image.Open}
			default:
				return client.ImageFile(image.Path)
			}
		}
		return client.Image{}
	}
}

// request is what is sent.
func (b *Batch) request(s state.Request) client.Request {
	return s.Client(func(sha256 string) client.Image {
		image, _ := b.o.Manifest.ImageOf(sha256)
		return content([]manifests.Image{image})(sha256)
	})
}

// fullCost is what a request costs.
func (b *Batch) fullCost(s state.Request) client.Money { return b.cost(s, s.N) }

// cost is that of so many pictures of a request, and of those that it shows.
func (b *Batch) cost(s state.Request, pictures int) client.Money {
	shown := b.o.Rules.Live.Model(s.Model).Inputs.Price(b.region)
	return b.price(s)*client.Money(pictures) + shown*client.Money(len(s.Inputs))
}

// sizeFor is the size that is sent for what an item says: "" where the service is to choose, which
// it does by the last picture.
func (r Rules) sizeFor(m client.Model, it *manifests.Item) (string, error) {
	if len(it.Images) > 0 && it.Size == "" {
		last := it.Images[len(it.Images)-1]
		return m.Editing().SizeLike(last.Width, last.Height), nil
	}
	if len(it.Images) > 0 {
		m = m.Editing()
	}
	size, err := r.size(m, it.Size)
	return size.String(), err
}

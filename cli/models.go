package cli

import (
	"fmt"
	"io"
	"strings"

	"github.com/qwenbatch/qwenbatch/cli/term"
	"github.com/qwenbatch/qwenbatch/manifests/spell"

	"github.com/spf13/cobra"

	"github.com/qwenbatch/qwenbatch/client"
)

func modelsCommand(p *program) *cobra.Command {
	asJSON, live := false, false
	s := newServiceFlags()
	cmd := &cobra.Command{
		Use:   "models [NAME…]",
		Short: "List the models: interfaces, sizes, limits and prices",
		Long: `List the models that are known, with what the vendor's pages say of them. Other
names can be used too: the service then decides. With names: all about those.
With --live the service itself is asked, which is free: prices and limits of the
account, releases and retirements.`,
		Example: `  qwenbatch models
  qwenbatch models qwen-image-plus
  qwenbatch models --live --region singapore`,
		ValidArgsFunction: func(*cobra.Command, []string, string) (
			[]string, cobra.ShellCompDirective) {
			return modelNames(), cobra.ShellCompDirectiveNoFileComp
		},
	}
	g := newGroup("Output")
	g.flags.BoolVar(&asJSON, "json", false, "a JSON array for programs")
	g.flags.BoolVar(&live, "live", false, "ask the service, with the key; free")
	where := s.serviceGroup()
	s.keyFlags(where)
	p.flags(cmd, g, where)
	cmd.RunE = func(cmd *cobra.Command, names []string) error {
		if live {
			return s.modelsLive(p, cmd, names, asJSON)
		}
		some, err := pickModels(names)
		switch {
		case err != nil:
			return err
		case asJSON:
			return modelsJSON(p.stdout, some)
		case len(names) > 0:
			for _, m := range some {
				describeModel(p.stdout, m)
			}
			return nil
		}
		printModels(p.stdout, some)
		return nil
	}
	return cmd
}

func pickModels(names []string) ([]client.Model, error) {
	if len(names) == 0 {
		return client.Models(), nil
	}
	var some []client.Model
	for _, name := range names {
		m := client.LookupModel(name)
		if !m.Known {
			wrong := &mistake{text: "the model " + term.Quote(name) + " is not in the table",
				hint: "qwenbatch models lists those that are; others are passed through to " +
					"the service"}
			if near := spell.Nearest(name, modelNames()); near != "" {
				wrong.hint = "did you mean " + near + "?"
			}
			return nil, wrong
		}
		some = append(some, m)
	}
	return some, nil
}

func printModels(w io.Writer, models []client.Model) {
	t := &term.Table{Heads: []string{"MODEL", "MODES", "IN", "N", "QUOTA", "PROMPT", "BEIJING",
		"SINGAPORE"}, Left: []int{1, 4}}
	for _, m := range models {
		t.Add(m.Name, modes(m), takesText(m), fmt.Sprint(m.MaxN), quota(m), limitText(m.PromptLimit),
			priceText(m, "beijing"), priceText(m, "singapore"))
	}
	t.Print(w)
	fmt.Fprint(w, `
MODES   interfaces: async, sync or both
IN      pictures that a request may show, to edit them or to follow them; 1-3 wants one
N       pictures that one request may ask for
QUOTA   submissions of an account, ×2: two async tasks are worked on at once
PROMPT  characters that are read; the API cuts the rest without a word
Prices are CNY a picture. qwenbatch models NAME tells sizes and endpoints.
`)
}

func modes(m client.Model) string {
	switch {
	case m.Sync && m.Async != client.None:
		return "both"
	case m.Sync:
		return "sync"
	}
	return "async"
}

// takesText is how many pictures a request may show the model.
func takesText(m client.Model) string {
	switch {
	case m.Inputs.Most == 0:
		return "-"
	case m.EditOnly:
		return fmt.Sprintf("1-%d", m.Inputs.Most)
	}
	return fmt.Sprintf("0-%d", m.Inputs.Most)
}

// describeInputs prints what is known of the pictures that a request may show.
func describeInputs(entry func(name, format string, args ...any), m client.Model) {
	in := m.Inputs
	if in.Most == 0 {
		return
	}
	entry("pictures", "%s of a request: %s up to %d MB", takesText(m),
		strings.ToUpper(strings.Join(in.Formats, ", ")), in.Bytes/1e6)
	if in.MaxSide > 0 {
		entry("", "sides of %d to %d pixels, at most %d:1", in.MinSide, in.MaxSide, in.MaxRatio)
	}
	if in.Opaque {
		entry("", "a PNG without transparency")
	}
	if in.Mainland > 0 {
		entry("", "¥%s each in beijing, ¥%s in singapore", in.Mainland, in.International)
	}
}

func limitText(n int) string {
	if n == 0 {
		return "?"
	}
	return term.Number(n)
}

func negativeText(m client.Model) string {
	if m.NoNegative {
		return "none: it takes no negative prompt"
	}
	return limitText(m.NegativeLimit)
}

func priceText(m client.Model, region string) string {
	price := priceIn(m, region)
	if price == 0 {
		return "?"
	}
	return price.Round()
}

func priceIn(m client.Model, region string) client.Money {
	r, _ := client.LookupRegion(region)
	return m.Price(r, m.Default())
}

// describeModel prints all that is known of one model.
func describeModel(w io.Writer, m client.Model) {
	fmt.Fprintln(w, m.Name)
	entry := func(name, format string, args ...any) {
		fmt.Fprintf(w, "  %-10s %s\n", name, fmt.Sprintf(format, args...))
	}
	for _, e := range endpoints(m) {
		entry(e.mode, "POST %s", e.path)
	}
	if m.EditOnly {
		entry("use", "edits pictures; it makes none from text")
	}
	describeInputs(entry, m)
	if m.NoSize {
		entry("sizes", "none: it takes no size")
	}
	for i, text := range sizeTexts(m) {
		if m.NoSize {
			break
		}
		entry([]string{"sizes", ""}[min(i, 1)], "%s", text)
	}
	entry("n", "up to %d of one request", m.MaxN)
	entry("prompt", "%s characters, negative %s", limitText(m.PromptLimit), negativeText(m))
	entry("quota", "%s", quota(m))
	entry("price", "beijing ¥%s, singapore ¥%s a picture", priceIn(m, "beijing"),
		priceIn(m, "singapore"))
	if m.Double2K {
		entry("", "above 2,250,000 pixels about double")
	}
	entry("source", "%s", m.Source)
}

// An endpoint is one of a model's ways.
type endpoint struct{ mode, path string }

func endpoints(m client.Model) []endpoint {
	var all []endpoint
	switch m.Async {
	case client.TextToImage:
		all = append(all, endpoint{"async", "/services/aigc/text2image/image-synthesis"})
	case client.ImageGeneration:
		all = append(all, endpoint{"async", "/services/aigc/image-generation/generation"})
	}
	if m.Sync {
		all = append(all, endpoint{"sync", "/services/aigc/multimodal-generation/generation"})
	}
	return all
}

// sizeTexts names the sizes, the default first, and the bounds of free ones.
func sizeTexts(m client.Model) []string {
	var sizes, texts []string
	for _, s := range m.Sizes {
		sizes = append(sizes, fmt.Sprintf("%s (%s)", s, s.Ratio()))
	}
	for len(sizes) > 0 {
		n := min(len(sizes), 3)
		texts = append(texts, strings.Join(sizes[:n], ", "))
		sizes = sizes[n:]
	}
	if m.MaxArea > 0 {
		text := fmt.Sprintf("or any of %s to %s pixels", term.Number(m.MinArea),
			term.Number(m.MaxArea))
		if m.MaxRatio > 0 {
			text += fmt.Sprintf(", at most %d:1", m.MaxRatio)
		}
		texts = append(texts, text)
	}
	return texts
}

// A modelRecord is a line of models --json. Fields may be added, never renamed; prices are
// exact decimals in CNY.
type modelRecord struct {
	jsonStamp
	Name          string            `json:"name"`
	Endpoints     map[string]string `json:"endpoints"` // by mode
	EditOnly      bool              `json:"edit_only"`
	Sizes         []string          `json:"sizes"` // the default first
	MinPixels     int               `json:"min_pixels,omitempty"`
	MaxPixels     int               `json:"max_pixels,omitempty"`
	MaxRatio      int               `json:"max_ratio,omitempty"`
	MaxN          int               `json:"max_n"`
	MaxPictures   int               `json:"max_pictures,omitempty"`   // that a request may show
	PicturePrices map[string]string `json:"picture_prices,omitempty"` // of each of them, by region
	PromptLimit   int               `json:"prompt_limit"`
	NegativeLimit int               `json:"negative_limit"`
	NoNegative    bool              `json:"no_negative,omitempty"`
	PerMinute     float64           `json:"submissions_per_minute"`
	Running       int               `json:"running_tasks,omitempty"`
	Prices        map[string]string `json:"prices"` // by region; absent where not known
	Source        string            `json:"source"`
}

func modelsJSON(w io.Writer, models []client.Model) error {
	var records []modelRecord
	for _, m := range models {
		r := modelRecord{jsonStamp: stamp, Name: m.Name, Endpoints: map[string]string{}, EditOnly: m.EditOnly,
			Sizes: []string{}, MinPixels: m.MinArea, MaxPixels: m.MaxArea, MaxRatio: m.MaxRatio,
			MaxN: m.MaxN, MaxPictures: m.Inputs.Most, PromptLimit: m.PromptLimit, NegativeLimit: m.NegativeLimit,
			NoNegative: m.NoNegative,
			PerMinute:  float64(m.Submissions) / m.Per.Minutes(), Running: m.Running,
			Prices: map[string]string{}, Source: m.Source}
		for _, e := range endpoints(m) {
			r.Endpoints[e.mode] = e.path
		}
		for _, s := range m.Sizes {
			r.Sizes = append(r.Sizes, s.String())
		}
		for _, region := range []string{"beijing", "singapore"} {
			if price := priceIn(m, region); price > 0 {
				r.Prices[region] = price.String()
			}
			if place, _ := client.LookupRegion(region); m.Inputs.Price(place) > 0 {
				if r.PicturePrices == nil {
					r.PicturePrices = map[string]string{}
				}
				r.PicturePrices[region] = m.Inputs.Price(place).String()
			}
		}
		records = append(records, r)
	}
	return term.WriteJSON(w, records)
}

package cli

import (
	"context"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"github.com/qwenbatch/qwenbatch/cli/term"
	"github.com/qwenbatch/qwenbatch/client"
)

// A liveRecord is a line of models --live --json. Fields may be added, never renamed. Prices are
// exact decimals, in a currency that the service does not name.
type liveRecord struct {
	Name          string  `json:"name"`
	Known         bool    `json:"known"` // the model table has it, too
	Price         string  `json:"price,omitempty"`
	ListPrice     string  `json:"list_price,omitempty"` // of the model table
	PerMinute     float64 `json:"submissions_per_minute,omitempty"`
	Running       int     `json:"running_tasks,omitempty"`
	Queue         int     `json:"queued_tasks,omitempty"`
	Published     string  `json:"published,omitempty"`
	Retires       string  `json:"retires,omitempty"`
	TakesPictures bool    `json:"takes_pictures"`
}

// modelsLive runs models --live.
func (s *serviceFlags) modelsLive(p *program, cmd *cobra.Command, names []string,
	asJSON bool) error {
	settings, err := s.settle(p, cmd.Flags(), nil)
	if err != nil {
		return err
	}
	c, err := s.connect(p, settings)
	if err != nil {
		return err
	}
	defer c.Close()
	region, _ := client.LookupRegion(settings.Region)
	return modelsLive(cmd.Context(), p.stdout, c, region, names, asJSON)
}

// modelsLive prints what the service itself tells of the named models, or of all that make
// pictures.
func modelsLive(ctx context.Context, w io.Writer, c *client.Client, r client.Region,
	names []string, asJSON bool) error {
	infos, err := liveInfos(ctx, c, names)
	if err != nil {
		return err
	}
	var records []liveRecord
	for _, info := range infos {
		l, _, _ := c.Limits(ctx, info.Name) // only hosts of a workspace tell them
		records = append(records, newLiveRecord(info, l, r))
	}
	if asJSON {
		return term.WriteJSON(w, records)
	}
	printLive(w, records)
	return nil
}

// liveInfos asks for the named models, or for all.
func liveInfos(ctx context.Context, c *client.Client, names []string) ([]client.ModelInfo, error) {
	var all []client.ModelInfo
	for _, name := range names {
		info, told, err := c.ModelInfo(ctx, name)
		switch {
		case err != nil:
			return nil, err
		case !told:
			return nil, &mistake{text: "the service does not tell of a model " + term.Quote(name),
				hint: "qwenbatch models --live lists those that it tells of"}
		}
		all = append(all, info)
	}
	if len(names) > 0 {
		return all, nil
	}
	for info, err := range c.ListModels(ctx) {
		if err != nil {
			return nil, err
		}
		all = append(all, info)
	}
	return all, nil
}

func newLiveRecord(info client.ModelInfo, l client.Limits, r client.Region) liveRecord {
	m := client.LookupModel(info.Name)
	rec := liveRecord{Name: info.Name, Known: m.Known, Running: l.Running, Queue: l.Queue,
		Published: dateOf(info.Published), Retires: dateOf(info.Retires),
		TakesPictures: info.TakesPictures}
	if price, ok := info.Price(); ok {
		rec.Price = price.String()
	}
	if price := m.Listed(r, m.Default()); price > 0 {
		rec.ListPrice = price.String()
	}
	if l.Per > 0 {
		rec.PerMinute = float64(l.Submissions) / l.Per.Minutes()
	}
	return rec
}

func dateOf(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.Format(time.DateOnly)
}

func printLive(w io.Writer, records []liveRecord) {
	t := &term.Table{Heads: []string{"MODEL", "PRICE", "LIST", "QUOTA", "TAKES", "UNTIL"},
		Left: []int{3, 4, 5}}
	for _, r := range records {
		takes := "text"
		if r.TakesPictures {
			takes = "pictures"
		}
		pace := ""
		if r.PerMinute > 0 {
			pace = fmt.Sprintf("%g/min", r.PerMinute)
		}
		if r.Running > 0 {
			pace += fmt.Sprintf(" ×%d", r.Running)
		}
		t.Add(r.Name, orMark(r.Price), orMark(r.ListPrice), pace, takes, r.Retires)
	}
	t.Print(w)
	fmt.Fprint(w, `
PRICE   of a picture, as the service names it for this account; it names no currency
LIST    price of the region by the vendor's page, in CNY; a budget counts the dearer one
QUOTA   submissions of the account, ×2: two async tasks are worked on at once
TAKES   pictures beside the text, as its list of inputs is understood
UNTIL   when it is retired
`)
}

func orMark(text string) string {
	if text == "" {
		return "?"
	}
	return text
}

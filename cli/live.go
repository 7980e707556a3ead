package cli

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/qwenbatch/qwenbatch/batch"
	"github.com/qwenbatch/qwenbatch/cli/term"
	"github.com/qwenbatch/qwenbatch/client"
)

// liveFile keeps in the output folder what the service has told of the batch's models. It may be
// deleted at any time.
const liveFile = ".models.json"

const (
	// liveAge is how long it is believed before a run with something to pay asks again.
	liveAge = 24 * time.Hour
	// liveTimeout bounds how long a run waits for it; nothing depends on it.
	liveTimeout = 10 * time.Second
	// retirementNotice is how long before its end a model is warned of.
	retirementNotice = 30 * 24 * time.Hour
)

// liveModels is the content of liveFile.
type liveModels struct {
	At      time.Time        `json:"at"`
	BaseURL string           `json:"base_url"`
	Models  client.Catalogue `json:"models"`
	Asked   []string         `json:"asked"` // models that were asked for, told or not
}

// readLive returns what an output folder keeps of a service; of another service or a damaged file
// nothing.
func readLive(folder, baseURL string) liveModels {
	var l liveModels
	data, err := os.ReadFile(filepath.Join(folder, liveFile))
	if err != nil || json.Unmarshal(data, &l) != nil || l.BaseURL != baseURL {
		l = liveModels{BaseURL: baseURL}
	}
	if l.Models == nil {
		l.Models = client.Catalogue{}
	}
	return l
}

// fresh reports whether all models were asked for lately.
func (l liveModels) fresh(names []string, now time.Time) bool {
	if age := now.Sub(l.At); age < 0 || age > liveAge {
		return false
	}
	asked := map[string]bool{}
	for _, name := range l.Asked {
		asked[name] = true
	}
	for _, name := range names {
		if !asked[name] {
			return false
		}
	}
	return true
}

func planModels(p batch.Plan) []string {
	var names []string
	for _, m := range p.Models {
		names = append(names, m.Name)
	}
	return names
}

// liveNotes tells what of the service's word on models a person should know before paying: other
// prices than the price list's, and models that are about to end.
func liveNotes(live client.Catalogue, names []string, region string, now time.Time) (
	notes, warnings []string) {
	where, _ := client.LookupRegion(region)
	for _, name := range names {
		m := live.Model(name)
		if note := priceNote(m, where); note != "" {
			notes = append(notes, note)
		}
		if m.RetiresWithin(retirementNotice, now) {
			warnings = append(warnings, retirementText(m, now))
		}
	}
	return notes, warnings
}

func priceNote(m client.Model, r client.Region) string {
	const doubt = "the service does not name its currency"
	small, large := m.Listed(r, m.Default()), m.Listed(r, client.Size{W: 2048, H: 2048})
	switch {
	case m.Own == 0 || m.Own == small || m.Double2K && m.Own == large:
		return ""
	case small == 0:
		return fmt.Sprintf("%s costs %s a picture, says the service; %s", m.Name,
			term.Yuan(m.Own), doubt)
	}
	return fmt.Sprintf("the service names %s a picture for %s, the price list %s: the dearer one "+
		"counts; %s", term.Yuan(m.Own), m.Name, term.Yuan(small), doubt)
}

func retirementText(m client.Model, now time.Time) string {
	day := m.Retires.Format(time.DateOnly)
	if m.Retires.Before(now) {
		return fmt.Sprintf("%s was retired on %s, says the service: its requests may fail", m.Name,
			day)
	}
	return fmt.Sprintf("%s will be retired on %s, says the service: its requests fail from then on",
		m.Name, day)
}

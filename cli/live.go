package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"time"

	"github.com/qwenbatch/qwenbatch/batch"
	"github.com/qwenbatch/qwenbatch/cli/term"
	"github.com/qwenbatch/qwenbatch/client"
	"github.com/qwenbatch/qwenbatch/output/durable"
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

// refreshLive asks the service about the models that a run is about to pay for, at most once a
// day, and makes the plan anew by what it tells. A service that does not tell changes nothing.
func (j *job) refreshLive(ctx context.Context, o batch.Options) (err error) {
	names := planModels(j.plan)
	defer func() {
		notes, warnings := liveNotes(o.Rules.Live, names, o.Settings.Region, time.Now())
		for _, note := range notes {
			j.screen.Say("%s", note)
		}
		for _, w := range warnings {
			j.p.warn(w)
		}
	}()
	live := readLive(j.folder, o.Settings.BaseURL)
	if j.f.rehearse || j.f.offline || len(names) == 0 || live.fresh(names, time.Now()) {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, liveTimeout)
	defer cancel()
	told, err := o.Client.Catalogue(ctx, names)
	if err != nil {
		o.Log.Debug("the service does not tell all of its models", "cause", err)
	}
	maps.Copy(o.Rules.Live, told)
	live = liveModels{At: time.Now().UTC(), BaseURL: o.Settings.BaseURL, Models: o.Rules.Live,
		Asked: names}
	data, err := json.Marshal(live)
	if err == nil {
		err = durable.ReplaceUnsynced(j.disk, liveFile, append(data, '\n'))
	}
	if err != nil {
		o.Log.Debug("what the service tells of its models is not kept", "cause", err)
	}
	j.plan, err = j.batch.Plan()
	return err
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

// liveNotes are about the models that a run would pay for.
func (l *savedBatch) liveNotes() (notes, warnings []string) {
	return liveNotes(l.rules.Live, planModels(l.plan), l.settings.Region, time.Now())
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
		return fmt.Sprintf("%s was retired on %s, says the service: its requests may fail", m.Name, day)
	}
	return fmt.Sprintf("%s will be retired on %s, says the service: its requests fail from then on",
		m.Name, day)
}

package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/qwenbatch/qwenbatch/batch/state"
	"github.com/qwenbatch/qwenbatch/cli/probe"
	"github.com/qwenbatch/qwenbatch/cli/term"
	"github.com/qwenbatch/qwenbatch/client"
	"github.com/qwenbatch/qwenbatch/output/durable"
)

// probeBudget is the most that doctor --probe may cost.
const probeBudget = 1_000_000 // ¥1

// A probeRecord is what doctor --probe prints, to be pasted into an issue: no key, no workspace, no
// signed URL. Members may be added, never renamed.
type probeRecord struct {
	Tool   string `json:"tool"`
	Region string `json:"region"`
	probe.Findings
}

// probe settles with one or two pictures what no document tells, prints it and keeps what runs
// use of it.
func (d *checkup) probe(ctx context.Context, s *serviceFlags, c *client.Client, yes bool) error {
	told, _ := c.Catalogue(ctx, []string{probe.Model})
	region, _ := client.LookupRegion(d.settings.Region)
	most := told.Model(probe.Model).Price(region, client.Size{W: 1328, H: 1328}) * probe.MaxPictures
	if most > probeBudget {
		return &mistake{text: fmt.Sprintf("the probe could cost %s, above its budget of %s",
			term.Yuan(most), term.Yuan(probeBudget)),
			hint: "qwenbatch models --live shows what the service names as prices"}
	}
	fmt.Fprintf(d.p.stderr, "The probe buys 1 or %d pictures of %s, for %s at most, and takes "+
		"about a minute.\n", probe.MaxPictures, probe.Model, term.Yuan(most))
	switch {
	case yes:
	case !term.IsTerminal(d.p.stdin):
		return &mistake{text: "doctor --probe pays, and nobody is there to be asked",
			hint: "--yes answers beforehand"}
	default:
		if err := d.p.confirm(ctx); err != nil {
			return err
		}
	}
	key, err := s.key(d.p, d.p.warn)
	if err != nil {
		return err
	}
	found, err := probe.Run(ctx, s.config(d.settings, key), 0)
	e := term.WriteJSON(d.p.stdout, probeRecord{version(), d.settings.Region, found})
	if err == nil {
		err = e
	}
	if e := rememberProbe(d.settings, found); e != nil {
		d.p.warn("what the probe has found is not kept: " + e.Error())
	}
	return err
}

// probeFile keeps in the user's cache folder what runs use of a probe, by service.
const probeFile = "probe.json"

// A probedService is what is kept of one.
type probedService struct {
	Date    string  `json:"date"`
	ListLag float64 `json:"list_lag_seconds"`
}

func probeFolder() (string, error) {
	cache, err := os.UserCacheDir()
	return filepath.Join(cache, "qwenbatch"), err
}

// readProbes returns what is kept; nothing where that cannot be read.
func readProbes() map[string]probedService {
	all := map[string]probedService{}
	folder, err := probeFolder()
	if err != nil {
		return all
	}
	data, err := os.ReadFile(filepath.Join(folder, probeFile))
	if err != nil || json.Unmarshal(data, &all) != nil {
		return map[string]probedService{}
	}
	return all
}

func rememberProbe(settings state.Settings, found probe.Findings) error {
	if found.ListLag == nil {
		return nil
	}
	folder, err := probeFolder()
	if err != nil {
		return err
	}
	all := readProbes()
	all[settings.BaseURL] = probedService{found.Date, *found.ListLag}
	data, err := json.Marshal(all)
	if err != nil {
		return err
	}
	dir, err := durable.OpenDir(folder)
	if err != nil {
		return err
	}
	defer dir.Close()
	return durable.ReplaceUnsynced(dir, probeFile, append(data, '\n'))
}

// settleTimeOf is how long a run waits for a task to show in the list: twice the lag that a probe
// has seen, if that is longer.
func settleTimeOf(usual time.Duration, baseURL string) time.Duration {
	lag := readProbes()[baseURL].ListLag
	if lag <= 0 || lag > time.Hour.Seconds() {
		return usual
	}
	return max(usual, time.Duration(2*lag*float64(time.Second)))
}

package cli

import (
	"context"
	"encoding/json"
	"maps"
	"time"

	"github.com/qwenbatch/qwenbatch/batch"
	"github.com/qwenbatch/qwenbatch/output/durable"
)

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

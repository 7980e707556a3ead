package batch

import (
	"context"
	"errors"

	"github.com/qwenbatch/qwenbatch/batch/pace"
	"github.com/qwenbatch/qwenbatch/client"
)

// The synchronous interface answers a submission with the picture: no task, no list, nothing to
// ask again. It is faster, since the service bounds only its rate, and dearer in a crash: what
// is on its way then is paid and lost, and the item is held. That is said before anybody
// chooses it (see ModelPlan).

// generate sends an item whose intent is durable and saves the picture that comes back. The
// record stays an intent until the picture is in place.
func (r *run) generate(ctx context.Context, m *pace.Model, try *pace.Permit, j *job) error {
	wire, cancel := r.wire(ctx, r.syncGrace)
	defer cancel()
	r.activity.AtService.Add(1)
	task, err := r.o.Client.Generate(wire, j.Sent.Client())
	r.activity.AtService.Add(-1)
	try.Observe(err)
	r.clock.Observe(task.Date)
	if err == nil {
		m.Accepted()
		r.stops.Answered(j.Sent.Model)
		r.stops.Accepted()
		j.Request, j.Submitted = task.RequestID, j.Intent
		// A crash before the picture's part is durable loses it; from there on its own text
		// tells whose it is (pictures.Folder.Unknown).
		return r.fetch(wire, &j.Record, task)
	}
	var doubt *client.DoubtError
	if errors.As(err, &doubt) {
		j.Request, j.Message = doubt.RequestID, doubt.Cause.Error()
		return r.state.Put(j.Record, false) // settle will hold it
	}
	return r.refused(ctx, m, j, err)
}

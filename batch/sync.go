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
func (l *lifecycle) generate(ctx context.Context, m *pace.Model, try *pace.Permit, j *job) error {
	wire, cancel := l.wire(ctx, l.syncGrace)
	defer cancel()
	l.activity.AtService.Add(1)
	task, err := l.client.Generate(wire, l.request(j.Sent))
	l.activity.AtService.Add(-1)
	try.Observe(err)
	l.clock.Observe(task.Date)
	if err == nil {
		m.Accepted()
		l.stops.Answered(j.Sent.Model)
		l.stops.Accepted()
		j.Request, j.Submitted = task.RequestID, j.Intent
		// A crash before the picture's part is durable loses it; from there on its own text
		// tells whose it is (pictures.Folder.Unknown).
		return l.fetch(wire, &j.Record, task)
	}
	var doubt *client.DoubtError
	if errors.As(err, &doubt) {
		j.Request, j.Message = doubt.RequestID, doubt.Cause.Error()
		return l.state.Put(j.Record, false) // settle will hold it
	}
	return l.refused(ctx, m, j, err)
}

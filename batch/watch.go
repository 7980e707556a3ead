package batch

import (
	"context"
	"errors"
	"time"

	"github.com/qwenbatch/qwenbatch/client"
)

// How open tasks are watched. A question costs one of 20 a second that the whole account has (TASK, 2026-11), so a task is
// first asked when it can have ended, and then every few seconds. Nothing that goes wrong with a question says anything
// of the task: it is asked again.

const (
	firstQuestion = 9 * time.Second // after the submission; about 15 s is usual (the user's document, 2025-09)
	nextQuestion  = 3 * time.Second // the user's document, 2025-09
	// young is how long UNKNOWN may be a replica that lags.
	young = 5 * time.Minute
)

// bareAnswers is how often a task may say that it succeeded without saying what it made: about five minutes.
const bareAnswers = 10

// patience is how often in a row the service may refuse to tell of a task that may be another program's.
const patience = 3

// unknownAnswers is how often in a row an old task must be said to be UNKNOWN before it is given up: a single answer may
// come from a replica that lags, and what it gives up is paid for.
const unknownAnswers = 3

// await asks for a task until it has ended, or is unknown and old. Patience is how many refusals in a row make it unknown; 0
// is any number: what the service says of a question says nothing of a task of ours.
func (r *run) await(ctx context.Context, rec *record, patience int) (client.Task, error) {
	wait := firstQuestion - r.clock.now().Sub(rec.Submitted)
	for failures, refusals, bare, unknown := 0, 0, 0, 0; ; {
		if err := r.clock.sleep(ctx, max(0, wait)); err != nil {
			return client.Task{}, err
		}
		task, err := r.ask(ctx, rec.Task)
		switch {
		case ctx.Err() != nil:
			return client.Task{}, ctx.Err()
		case err != nil && keyRefused(err):
			return client.Task{}, err // the tasks stay open for a run with a good key
		case err != nil:
			r.trouble(err)
			wait = backoff(failures)
			failures++
			if refusals = refusalsAfter(refusals, err); patience > 0 && refusals >= patience {
				return client.Task{ID: rec.Task, Status: client.Unknown}, nil
			}
			if patience == 0 && r.forgotten(rec) {
				return client.Task{}, errLeave
			}
			continue
		case task.Status == client.Succeeded && len(task.Results) == 0 && bare < bareAnswers:
			failures, refusals, wait = 0, 0, backoff(bare) // its pictures come a little later, or never
			bare++
			continue
		case task.Status.Ended():
			return task, nil
		case task.Status != client.Unknown:
			unknown = 0
		case r.clock.now().Sub(rec.Submitted) > young:
			if unknown++; unknown == unknownAnswers {
				return task, nil
			}
		}
		failures, refusals, wait = 0, 0, nextQuestion
	}
}

// ask makes one query within the account's budget.
func (r *run) ask(ctx context.Context, id string) (client.Task, error) {
	if err := r.queries.Wait(ctx); err != nil {
		return client.Task{}, errors.Join(ctx.Err(), err)
	}
	task, err := r.o.Client.Task(ctx, id)
	r.clock.heard(task.Date)
	return task, err
}

// refusalsAfter is how many refusals in a row there are after an error: what may pass is none.
func refusalsAfter(refusals int, err error) int {
	var api *client.APIError
	if errors.As(err, &api) && api.Reach() != client.ReachRetry {
		return refusals + 1
	}
	return 0
}

// keyRefused reports whether an error will meet every question of this key.
func keyRefused(err error) bool {
	var api *client.APIError
	return errors.As(err, &api) && api.Reach() == client.ReachAccount
}

package batch

import "context"

// settle decides what became of a submission that was not answered.
func (r *run) settle(ctx context.Context, rec *record) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return r.hold(rec, "InDoubt", "its submission was not answered: %s", rec.Message)
}

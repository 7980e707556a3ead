package batch

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/qwenbatch/qwenbatch/batch/download"
	"github.com/qwenbatch/qwenbatch/batch/state"
	"github.com/qwenbatch/qwenbatch/client"
	"github.com/qwenbatch/qwenbatch/output/imagefile"
)

// A PictureHostError ends a run whose pictures cannot be fetched.
type PictureHostError = download.HostError

// errForeign says that a task was adopted that another client has made.
var errForeign = errors.New("the picture is not ours")

// fetch saves the pictures of a task that succeeded. They are paid for: a download is tried as
// long as the service keeps them, and whatever comes whole is saved.
func (r *run) fetch(ctx context.Context, rec *state.Record, task client.Task) error {
	cost := r.billed(rec.Sent, task)
	f := r.fetcher.Fetch(rec, task, cost)
	missing, err := r.saveAll(ctx, f, rec, task)
	if len(rec.Pictures) > 0 && (err == nil || errors.Is(err, download.ErrExpired)) {
		// A crash before this takes names away at worst: Found.Find gives them back.
		if err := r.folder.Sync(); err != nil {
			return err
		}
	}
	if f.Reason() != "" && !errors.Is(err, download.ErrLater) {
		defer r.unfetched(-1)
	}
	switch {
	case errors.Is(err, download.ErrExpired):
		rec.Cost = cost
		return r.hold(rec, "Gone",
			"task %s made a picture that the service does not give out any more: %v", rec.Task, err)
	case errors.Is(err, errForeign):
		return r.release(rec)
	case errors.Is(err, download.ErrLater):
		return r.leaveOpen(rec, f, cost)
	case err != nil:
		return err
	}
	return r.finish(rec, task, missing)
}

// billed is what a task that succeeded has cost.
func (r *run) billed(s state.Request, task client.Task) client.Money {
	made := 0
	for _, result := range task.Results {
		if result.URL != "" {
			made++
		}
	}
	return r.b.price(s) * client.Money(max(task.Images, made))
}

// leaveOpen leaves an item to the next run, which fetches its pictures. Without a task no other
// run can.
func (r *run) leaveOpen(rec *state.Record, f *download.Fetch, cost client.Money) error {
	if rec.Task == "" {
		rec.Cost = cost
		return r.hold(rec, download.CodeNotFetched,
			"its picture is paid for and could not be fetched before the run ended: %s", f.Reason())
	}
	code := download.CodeGone
	if r.stops.Reason() != nil {
		code = download.CodeNotFetched
	}
	if err := f.LeaveOpen(code); err != nil {
		return err
	}
	return errLeave
}

// saveAll puts the pictures of a task in place, all but durably: the fsync of the folder is
// shared with others, and must not keep them from downloading. Missing is the last result that
// has no picture.
func (r *run) saveAll(ctx context.Context, f *download.Fetch, rec *state.Record,
	task client.Task) (missing client.Result, err error) {
	was := *rec
	if err := f.Enter(ctx); err != nil {
		return missing, err
	}
	defer func() { f.Leave(err == nil && len(rec.Pictures) > 0) }()
	rec.Pictures, rec.Warnings, rec.ActualPrompt = nil, nil, ""
	missing = client.Result{Code: "NoPicture", Message: "the task succeeded without a picture"}
	for i, result := range task.Results {
		if result.URL == "" {
			// one of several was refused by the content filter, say; it is not billed
			missing = result
			continue
		}
		rec.ActualPrompt = cmp.Or(result.ActualPrompt, rec.ActualPrompt)
		if err := r.saveOne(ctx, f, rec, was, i, result.URL); err != nil {
			return missing, err
		}
	}
	return missing, nil
}

// saveOne puts the i-th picture of a task in place, unless it is there. Was is the record before
// its pictures are fetched.
func (r *run) saveOne(ctx context.Context, f *download.Fetch, rec *state.Record,
	was state.Record, i int, url string) error {
	if saved, ok := r.found.Picture(rec.Task, i); ok {
		rec.Pictures = append(rec.Pictures, saved)
		return nil
	}
	body, found, err := f.Download(ctx, i, url)
	if err != nil {
		return err
	}
	if len(rec.Pictures) == 0 && isForeign(rec, found) {
		return errForeign
	}
	whole, is, err := r.found.MakeRoom(was, i)
	if err != nil {
		return err
	}
	if is {
		rec.Pictures = append(rec.Pictures, whole)
		return nil
	}
	return r.save(rec, i, body, found)
}

// finish records what was saved. A crash before the record is durable leaves the pictures in
// place, each with its key and task, and the next run finds them there (pictures.Found).
func (r *run) finish(rec *state.Record, task client.Task, missing client.Result) error {
	rec.At, rec.Finished = r.clock.Now(), r.clock.Now()
	if !task.Ended.IsZero() {
		rec.Finished = task.Ended
	}
	billed := max(task.Images, len(rec.Pictures))
	rec.Cost = r.b.price(rec.Sent) * client.Money(billed)
	switch {
	case len(rec.Pictures) == 0 && (task.Images > 0 || len(task.Results) == 0):
		return r.hold(rec, cmp.Or(missing.Code, "NoPicture"),
			"task %s may be billed and gave no picture: %s", rec.Task, missing.Message)
	case len(rec.Pictures) == 0:
		rec.Cost, rec.Code, rec.Message = 0, missing.Code, missing.Message
		return r.fail(rec)
	}
	rec.Phase, rec.Code, rec.Message, rec.Lost, rec.Succeeded = state.Done, "", "", false,
		time.Time{}
	if short := rec.Sent.N - len(rec.Pictures); short > 0 {
		rec.Warnings = append(rec.Warnings, fmt.Sprintf(
			"%d of %d pictures were not made: %s", short, rec.Sent.N, missing.Message))
	}
	return r.state.Put(*rec, true)
}

// isForeign reports whether a picture of a task that was adopted for its words alone is not what
// this item asked for. Of the two forms of a size, the service may make either.
func isForeign(rec *state.Record, p imagefile.Picture) bool {
	if rec.Adopted != "prompt" {
		return false
	}
	asked, known := client.ParseSize(rec.Sent.Size)
	made := client.Size{W: p.Width, H: p.Height}
	other, _ := client.AlternativeSize(rec.Sent.Size)
	return known && p.Width > 0 && made != asked && made.String() != other
}

// save puts a picture in place: part, fsync, rename.
func (r *run) save(rec *state.Record, i int, body []byte, found imagefile.Picture) error {
	body = imagefile.Annotate(body, r.texts(rec, i))
	file, err := r.folder.Put(rec.Name, i, found.Ext, body)
	if err != nil {
		return err
	}
	rec.Warnings = append(rec.Warnings, warnings(rec.Sent, found)...)
	rec.Pictures = append(rec.Pictures, state.PictureOf(file, found, body))
	return nil
}

// warnings are what is odd about a whole picture. It is paid for and kept.
func warnings(s state.Request, p imagefile.Picture) []string {
	all := p.Warnings
	if asked, ok := client.ParseSize(s.Size); ok && p.Width > 0 &&
		(asked.W != p.Width || asked.H != p.Height) {
		all = append(all, fmt.Sprintf("the picture is %d*%d, not %s", p.Width, p.Height, s.Size))
	}
	return all
}

func (r *run) texts(rec *state.Record, i int) []imagefile.Text {
	id := state.Identity{Key: rec.Key, ID: rec.ID, Print: rec.Print, Task: rec.Task, Number: i,
		Request: rec.Request, Name: rec.Name, Sent: rec.Sent,
		Actual: rec.ActualPrompt, Cost: r.b.price(
			rec.Sent), At: rec.Submitted, Redo: rec.Redo, Adopted: rec.Adopted,
		SeedUnknown: rec.SeedUnknown}
	if r.o.NoMetadata {
		id.Sent.Prompt, id.Sent.Negative, id.Actual = "", "", ""
	}
	return []imagefile.Text{{Keyword: state.IdentityKeyword, Value: id.String()}, r.parameters(id)}
}

// parameters tell viewers of generated pictures how this one was made.
func (r *run) parameters(id state.Identity) imagefile.Text {
	s, seed := id.Sent, ""
	if !id.SeedUnknown {
		seed = strconv.FormatInt(s.Seed, 10)
	}
	return imagefile.Parameters(s.Prompt, s.Negative, []imagefile.Text{
		{Keyword: "Seed", Value: seed},
		{Keyword: "Size", Value: strings.ReplaceAll(s.Size, "*", "x")},
		{Keyword: "Model", Value: s.Model},
		{Keyword: "Task ID", Value: id.Task},
		{Keyword: "Actual prompt", Value: id.Actual},
		{Keyword: "Version", Value: strings.TrimSpace("qwenbatch " + r.o.Tool)},
	})
}

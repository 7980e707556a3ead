package batch

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"path"
	"strconv"
	"strings"
	"time"

	"github.com/qwenbatch/qwenbatch/batch/download"
	"github.com/qwenbatch/qwenbatch/batch/pace"
	"github.com/qwenbatch/qwenbatch/batch/pictures"
	"github.com/qwenbatch/qwenbatch/batch/state"
	"github.com/qwenbatch/qwenbatch/client"
	"github.com/qwenbatch/qwenbatch/output/durable"
	"github.com/qwenbatch/qwenbatch/output/filename"
	"github.com/qwenbatch/qwenbatch/output/imagefile"
)

// A PictureHostError ends a run whose pictures cannot be fetched.
type PictureHostError = download.HostError

// A fetching is a task that has succeeded and whose pictures are being saved.
type fetching struct {
	*run
	rec   *state.Record
	was   state.Record // as it is recorded
	task  client.Task
	place *download.Ticket
	told  string // why it was tried in vain, as it is recorded
	gaps  int    // answers in a row that do not know the task
}

// fetch saves the pictures of a task that succeeded. They are paid for: a download is tried as
// long as the service keeps them, and whatever comes whole is saved.
func (r *run) fetch(ctx context.Context, rec *state.Record, task client.Task) error {
	f := &fetching{run: r, rec: rec, was: *rec, task: task}
	missing, err := f.saveAll(ctx)
	if len(rec.Pictures) > 0 && (err == nil || errors.Is(err, errGone)) {
		// A crash before this takes names away at worst: findSaved gives them back.
		if err := r.o.Disk.SyncDir(state.ImagesDir); err != nil {
			return err
		}
	}
	if f.told != "" && !errors.Is(err, download.ErrLater) {
		defer r.unfetched(-1)
	}
	switch {
	case errors.Is(err, errGone):
		rec.Cost = f.billed()
		return r.hold(
			rec, "Gone", "task %s made a picture that the service does not give out any more: %v",
			rec.Task, err)
	case errors.Is(err, errForeign):
		return r.release(rec)
	case errors.Is(err, download.ErrLater):
		return f.left()
	case err != nil:
		return err
	}
	return r.finish(rec, task, missing)
}

// saveAll puts the pictures of a task in place, all but durably: the fsync of the folder is
// shared with others, and nobody who has his pictures keeps others from downloading. Missing is
// the last result that has none.
func (f *fetching) saveAll(ctx context.Context) (missing client.Result, err error) {
	r, rec := f.run, f.rec
	f.place = &download.Ticket{Task: cmp.Or(rec.Task, rec.Key), Taskless: rec.Task == "",
		Pictures: max(1, len(f.task.Results)), Expires: rec.Submitted.Add(client.TaskLifetime)}
	if why := r.downloads.RefusalCause(); why != "" {
		// before its turn comes: that may not be in this run
		if err := f.waits(notFetched, why); err != nil {
			return missing, err
		}
	}
	if err := r.downloads.Enter(ctx, f.place); err != nil {
		return missing, err
	}
	defer func() { r.downloads.Leave(f.place, err == nil && len(rec.Pictures) > 0) }()
	rec.Pictures, rec.Warnings, rec.ActualPrompt = nil, nil, ""
	missing = client.Result{Code: "NoPicture", Message: "the task succeeded without a picture"}
	for i, result := range f.task.Results {
		if result.URL == "" {
			// one of several was refused by the content filter, say; it is not billed
			missing = result
			continue
		}
		if result.ActualPrompt != "" {
			rec.ActualPrompt = result.ActualPrompt
		}
		if saved, ok := r.saved[savedPicture{rec.Task, i}]; ok {
			rec.Pictures = append(rec.Pictures, saved)
			continue
		}
		body, found, err := f.download(ctx, i, result.URL)
		if err != nil {
			return missing, err
		}
		if len(rec.Pictures) == 0 && isForeign(rec, found) {
			return missing, errForeign
		}
		whole, is, err := r.setAside(f.was, i)
		if err != nil {
			return missing, err
		}
		if is {
			rec.Pictures = append(rec.Pictures, whole)
			continue
		}
		if err := r.save(rec, i, body, found); err != nil {
			return missing, err
		}
	}
	return missing, nil
}

// finish records what was saved. A crash before the record is durable leaves the pictures in
// place, each with its key and task, and the next run finds them there (onDisk).
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

var (
	// errGone says that the service has the task and not its picture.
	errGone = errors.New("the picture is gone")
	// errForeign says that a task was adopted that another client has made.
	errForeign = errors.New("the picture is not ours")
)

// download gets the i-th picture of a task, as often as it takes. After a try in vain the task
// is asked for its URL anew.
func (f *fetching) download(ctx context.Context, i int, url string) (
	[]byte, imagefile.Picture, error) {
	var same repetition
	for failures := 0; ; failures++ {
		body, found, err := f.try(ctx, url, &same)
		switch {
		case err == nil:
			if f.downloads.Arrived() {
				f.log.Info("pictures can be fetched again")
			}
			return body, found, nil
		case ctx.Err() != nil:
			return nil, found, ctx.Err()
		}
		if err := f.inVain(url, err); err != nil {
			return nil, found, err
		}
		fresh, answered := f.freshURL(ctx, i)
		url = cmp.Or(fresh, url)
		switch {
		case ctx.Err() != nil:
			return nil, found, ctx.Err()
		case answered && f.expired():
			return nil, found, fmt.Errorf("%w: %w", errGone, err)
		// it was asked for anew, and is no better
		case failures > 0 && errors.Is(err, client.ErrPictureURL):
			return nil, found, download.ErrLater
		case answered:
			f.downloads.CloseIfStuck(f.clock.Now())
		case f.forgotten(f.rec.Submitted):
			return nil, found, download.ErrLater
		}
		if err := f.downloads.Pause(ctx, pace.Backoff(failures)); err != nil {
			return nil, found, err
		}
		if err := f.downloads.Wait(ctx, f.place); err != nil {
			return nil, found, err
		}
	}
}

// try downloads a picture once and looks whether it is one.
func (f *fetching) try(ctx context.Context, url string, same *repetition) (
	[]byte, imagefile.Picture, error) {
	body, err := f.o.Client.DownloadBuffer(ctx, f.place.Buffer, url)
	if err != nil {
		return nil, imagefile.Picture{}, err
	}
	f.place.Buffer = body // it is saved before the next is downloaded here
	found, err := same.inspect(body)
	if err != nil {
		err = fmt.Errorf("download from %s: %w", download.HostOf(url), err)
	}
	return body, found, err
}

const (
	// notFetched is the code of an open item whose picture is paid for and was not to be had so
	// far; gone is that of one that the store did not have while it gave others out.
	notFetched = "NotFetched"
	gone       = "Gone"
)

// inVain notes that a picture could not be downloaded: for the others, and in the state file,
// so that whatever ends this run, the money is known to be paid. The record still names what it
// named before, in case it is fetched after all.
func (f *fetching) inVain(url string, cause error) error {
	f.trouble(cause)
	if f.downloads.Failed(f.place, url, cause) {
		f.log.Error("nothing is bought until a picture can be fetched", "host", download.HostOf(url),
			"cause", cause)
	}
	code := notFetched
	if f.downloads.Isolated(cause) {
		code = gone
	}
	return f.waits(code, cause.Error())
}

// waits records that the item is paid for and has no picture yet, and why; the same is not
// recorded twice.
func (f *fetching) waits(code, why string) error {
	first := f.told == ""
	f.told = why
	if f.rec.Task != "" && (first || code != f.was.Code || why != f.was.Message) {
		if err := f.note(code, why); err != nil {
			return err
		}
	}
	if first {
		f.unfetched(1) // and counts what has just been recorded as paid
	}
	return nil
}

// note records why an open item has no picture yet.
func (f *fetching) note(code, why string) error {
	was := f.was
	was.Code, was.Message, was.At = code, why, f.clock.Now()
	was.Cost = f.billed()
	if was.Succeeded.IsZero() {
		was.Succeeded = f.clock.Now()
	}
	f.was = was
	f.rec.Succeeded = was.Succeeded
	return f.state.Put(was, false)
}

// billed is what the task cost.
func (f *fetching) billed() client.Money {
	made := 0
	for _, result := range f.task.Results {
		if result.URL != "" {
			made++
		}
	}
	return f.b.price(f.rec.Sent) * client.Money(max(f.task.Images, made))
}

// left is an item whose picture this run does not wait for any longer. Without a task no other
// run can fetch it.
func (f *fetching) left() error {
	if f.rec.Task == "" {
		f.rec.Cost = f.billed()
		return f.hold(
			f.rec, notFetched,
			"its picture is paid for and could not be fetched before the run ended: %s",
			f.told)
	}
	code := gone
	if f.stops.Reason() != nil {
		code = notFetched
	}
	if err := f.waits(code, cmp.Or(f.told, f.downloads.RefusalCause())); err != nil {
		return err
	}
	return errLeave
}

// expired reports whether the service need not keep the task any more: it has been said to be
// there for a day, or an old one was said to be unknown several times in a row.
func (f *fetching) expired() bool {
	now := f.clock.Now()
	since := pace.Later(f.rec.Submitted, f.rec.Succeeded)
	return now.Sub(since) >= client.TaskLifetime || f.gaps >= unknownAnswers && now.Sub(f.rec.Submitted) >= client.TaskLifetime
}

// forgotten reports whether the service has a task no more, however long it waited and ran (3
// h: TASK, 2026-11): what went wrong all that time is left for the next run, which asks once.
func (r *run) forgotten(submitted time.Time) bool {
	return r.clock.Now().Sub(submitted) > client.TaskLifetime+3*time.Hour
}

// freshURL asks the task for its URL again: "" where it does not tell one now. Answered is
// false where nobody tells anything.
func (f *fetching) freshURL(ctx context.Context, i int) (url string, answered bool) {
	if f.rec.Task == "" {
		return "", true
	}
	task, err := f.tasks.Ask(ctx, f.rec.Task)
	switch {
	case err != nil:
		return "", false
	case task.Status == client.Unknown:
		f.gaps++
		return "", true
	}
	f.gaps = 0
	if i >= len(task.Results) {
		return "", true
	}
	return task.Results[i].URL, true
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
	name, err := r.publish(pictures.FileName(rec.Name, i, found.Ext), body)
	if err != nil {
		return err
	}
	rec.Warnings = append(rec.Warnings, warnings(rec.Sent, found)...)
	rec.Pictures = append(rec.Pictures, state.PictureOf(
		path.Join(state.ImagesDir, name), found, body))
	return nil
}

// publish puts a picture under its name, or the next that is free. Two pictures that want the
// same name go one after the other: the name is looked at before it is taken. The wait is that
// of a few writes, so it takes no context.
func (r *run) publish(name string, body []byte) (used string, err error) {
	err = r.underName(name, func() error {
		used, err = durable.Put(r.o.Disk, state.ImagesDir, name, body)
		return err
	})
	return used, err
}

// underName does something while no other goroutine takes or frees a picture's name.
func (r *run) underName(name string, do func() error) error {
	folded := filename.Fold(pictures.Stem(name))
	lock := r.names.Of(folded)
	if err := lock.Lock(context.Background()); err != nil {
		return err
	}
	defer lock.Unlock()
	return do()
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

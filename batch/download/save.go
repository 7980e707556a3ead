package download

import (
	"cmp"
	"context"
	"errors"
	"fmt"

	"github.com/qwenbatch/qwenbatch/batch/pictures"
	"github.com/qwenbatch/qwenbatch/batch/state"
	"github.com/qwenbatch/qwenbatch/client"
	"github.com/qwenbatch/qwenbatch/output/imagefile"
)

// ErrForeign says that a task that was adopted for its prompt alone is another client's: its
// picture is not what the item asked for.
var ErrForeign = errors.New("the picture is not ours")

// A Saver puts downloaded pictures in place. It is safe for concurrent use.
type Saver struct {
	Folder *pictures.Folder
	Found  *pictures.Found // those that are in place already, or are to be replaced
	Price  func(state.Request) client.Money
	Tool   string // its version, for the texts in a picture
	// NoMetadata keeps prompts out of the pictures; key and task stay in.
	NoMetadata bool
}

// Save downloads the pictures of a task that are not in place yet and puts them there, with
// texts that tell whose they are. It fills in the pictures, warnings and actual prompt of the
// record, which it does not write. The names become durable with Folder.Sync, which is left to
// the caller, so that the fsync keeps no download waiting.
//
// Missing is the last result that has no picture; for a task without results it says that. After
// an error the record names the pictures that are in place. After [ErrForeign] there are none.
func (s *Saver) Save(ctx context.Context, f *Fetch, rec *state.Record, task client.Task) (
	missing client.Result, err error) {
	before := *rec
	if err := f.Enter(ctx); err != nil {
		return missing, err
	}
	defer func() { f.Leave(err == nil && len(rec.Pictures) > 0) }()
	rec.Pictures, rec.Warnings, rec.ActualPrompt = nil, nil, ""
	missing = client.Result{Code: "NoPicture", Message: "the task succeeded without a picture"}
	for i, result := range task.Results {
		if result.URL == "" { // the content filter refused it, say; it is not billed
			missing = result
			continue
		}
		rec.ActualPrompt = cmp.Or(result.ActualPrompt, rec.ActualPrompt)
		if err := s.saveOne(ctx, f, rec, before, i, result.URL); err != nil {
			return missing, err
		}
	}
	return missing, nil
}

// saveOne puts the i-th picture in place, unless a whole one is there. Before is the record
// before its pictures are fetched.
func (s *Saver) saveOne(ctx context.Context, f *Fetch, rec *state.Record,
	before state.Record, i int, url string) error {
	if inPlace, ok := s.Found.Picture(rec.Task, i); ok {
		rec.Pictures = append(rec.Pictures, inPlace)
		return nil
	}
	body, found, err := f.download(ctx, i, url)
	if err != nil {
		return err
	}
	if len(rec.Pictures) == 0 && isForeign(rec, found) {
		return ErrForeign
	}
	whole, ok, err := s.Found.MakeRoom(before, i)
	if err != nil {
		return err
	}
	if ok {
		rec.Pictures = append(rec.Pictures, whole)
		return nil
	}
	return s.put(rec, i, body, found)
}

// put writes a picture: part file, fsync, rename.
func (s *Saver) put(rec *state.Record, i int, body []byte, found imagefile.Picture) error {
	body = imagefile.Annotate(body, s.texts(rec, i))
	file, err := s.Folder.Put(rec.Name, i, found.Ext, body)
	if err != nil {
		return err
	}
	rec.Warnings = append(rec.Warnings, warnings(rec.Sent, found)...)
	rec.Pictures = append(rec.Pictures, pictures.PictureOf(file, found, body))
	return nil
}

// isForeign reports whether a picture of a task that was adopted for its prompt alone has
// another size than the item asked for. Of the two forms of a size, the service may make
// either.
func isForeign(rec *state.Record, p imagefile.Picture) bool {
	if rec.Adopted != "prompt" {
		return false
	}
	asked, known := client.ParseSize(rec.Sent.Size)
	made := client.Size{W: p.Width, H: p.Height}
	other, _ := client.AlternativeSize(rec.Sent.Size)
	return known && p.Width > 0 && made != asked && made.String() != other
}

// warnings returns what is odd about a whole picture. It is paid for and kept.
func warnings(s state.Request, p imagefile.Picture) []string {
	all := p.Warnings
	if asked, ok := client.ParseSize(s.Size); ok && p.Width > 0 &&
		(asked.W != p.Width || asked.H != p.Height) {
		all = append(all, fmt.Sprintf("the picture is %d*%d, not %s", p.Width, p.Height, s.Size))
	}
	return all
}

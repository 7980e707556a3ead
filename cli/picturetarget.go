package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/qwenbatch/qwenbatch/batch/pictures"
	"github.com/qwenbatch/qwenbatch/cli/term"
	"github.com/qwenbatch/qwenbatch/client"
	"github.com/qwenbatch/qwenbatch/output/durable"
	"github.com/qwenbatch/qwenbatch/output/imagefile"
)

// A pictureTarget is where the pictures of one task are saved: a folder that can be written, and
// a name.
type pictureTarget struct {
	dir  *durable.Dir
	path string // of the folder, as it was said
	name string
}

// newPictureTarget makes the folder of a file or folder and proves that it can be written,
// before anything is paid.
func newPictureTarget(out, name string) (*pictureTarget, error) {
	folder, file := filepath.Split(out)
	if info, err := os.Stat(out); err == nil && info.IsDir() {
		folder, file = out, ""
	}
	if file == "" {
		file = name
	}
	dir, err := durable.OpenDir(filepath.Clean(orDot(folder)))
	if err == nil {
		if err = durable.ProbeDir(dir, "."); err != nil {
			dir.Close()
		}
	}
	if err != nil {
		return nil, notWritable(orDot(folder), err)
	}
	return &pictureTarget{dir, folder, file}, nil
}

func (t *pictureTarget) close() error { return t.dir.Close() }

func orDot(dir string) string {
	if dir == "" {
		return "."
	}
	return dir
}

// save downloads a task's pictures and returns their names, also beside an error. Nothing is overwritten. A success that
// shows no picture is an error: it was paid for, and the pictures may come a little later.
func (t *pictureTarget) save(ctx context.Context, c *client.Client, task client.Task) (
	files []string, failed error) {
	if len(task.Results) == 0 {
		return nil, &mistake{
			text: "it has succeeded and shows no pictures",
			hint: "they may come a little later: qwenbatch tasks get " + task.ID +
				" -o FILE fetches them within 24 hours",
			code: codeItems,
		}
	}
	for i, r := range task.Results {
		if r.URL == "" {
			failed = &mistake{text: "a picture failed: " + term.ReasonOf(r.Code, r.Message),
				code: codeItems}
			continue
		}
		body, err := download(ctx, c, r.URL)
		if err != nil {
			return files, err
		}
		picture, err := imagefile.Inspect(body)
		if err != nil {
			return files, err
		}
		used, err := t.dir.PublishShared(pictures.FileName(t.name, i, picture.Ext), body)
		if err != nil {
			return files, err
		}
		files = append(files, filepath.Join(t.path, used))
	}
	return files, failed
}

func (p *program) printFiles(files []string) {
	for _, name := range files {
		fmt.Fprintln(p.stdout, term.Plain(name))
	}
}

// download tries a few times: the picture is paid for.
func download(ctx context.Context, c *client.Client, url string) (body []byte, err error) {
	for n := range 5 {
		if n > 0 {
			if err := pause(ctx, time.Second<<n); err != nil {
				return nil, err
			}
		}
		body, err = c.Download(ctx, url)
		if err == nil {
			_, err = imagefile.Inspect(body)
		}
		if err == nil || errors.Is(err, client.ErrGone) || errors.Is(err, client.ErrPrivateHost) {
			return body, err
		}
	}
	return body, err
}

// pause waits, or returns the context's error.
func pause(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(d):
		return nil
	}
}

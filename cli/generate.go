package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/spf13/cobra"

	"github.com/qwenbatch/qwenbatch/client"
	"github.com/qwenbatch/qwenbatch/manifests"
	"github.com/qwenbatch/qwenbatch/output"
)

// generateFlags are the flags of generate.
type generateFlags struct {
	*reading
	*service
	out string
	n   int
}

func (p *program) generateCommand() *cobra.Command {
	f := &generateFlags{reading: newReading(), service: newService(), n: 1}
	cmd := &cobra.Command{
		Use:   "generate PROMPT",
		Short: "Make one picture from a prompt, without a manifest",
		Long: `Make one picture from a prompt. The file's name is printed on stdout. Nothing is
remembered: for more than a few pictures, a manifest and run are the safe way.
Where it is stopped while the task is open, the task's id is printed: qwenbatch
tasks get ID -o FILE fetches the picture, for 24 hours.`,
		Example: `  qwenbatch generate "a ginger cat asleep on newspapers" --size 16:9 -o cat.png
  qwenbatch generate 一只坐着的橘黄色的猫 --mode sync`,
		Args: onePrompt,
	}
	main := newGroup("Picture")
	main.flags.VarP(word{&f.out, "PATH"}, "out", "o", "file or folder for the picture (default a name made from the prompt, in the current folder)")
	main.flags.Var(count{&f.n}, "n", "pictures of this one request, where the model makes several (default 1)")
	f.reading.mode(main)
	f.rehearsal(main)
	where := f.where()
	f.access(where)
	how := newGroup("Checks")
	how.flags.BoolVar(&f.rules.AllowTruncation, "allow-truncation", false, "send a prompt that is too long for the model; the API cuts it without a word")
	how.flags.BoolVar(&f.rules.NearestSize, "nearest-size", false, "take the allowed size nearest in shape")
	p.flags(cmd, main, f.what(), how, where)
	cmd.RunE = func(cmd *cobra.Command, args []string) error { return p.generate(cmd, f, args[0]) }
	return cmd
}

func onePrompt(_ *cobra.Command, args []string) error {
	if len(args) != 1 || args[0] == "" {
		return &mistake{text: "generate wants one prompt", hint: `put it in quotes: qwenbatch generate "a ginger cat"`}
	}
	return nil
}

func (p *program) generate(cmd *cobra.Command, f *generateFlags, prompt string) error {
	request, sync, err := f.request(prompt)
	if err != nil {
		return err
	}
	var stage rehearsal
	c, err := f.client(p, cmd, &stage)
	if err != nil {
		return err
	}
	defer stage.close()
	defer c.Close()
	ctx, forget := untilSignal(cmd.Context(), func(stopSignal) {})
	defer forget()
	task, err := p.make(ctx, c, request, sync, f.pace())
	if err != nil {
		return err
	}
	if err := task.Err(); err != nil {
		return &mistake{text: err.Error(), code: codeItems}
	}
	out := f.out
	if out == "" {
		out = "."
	}
	return p.savePictures(ctx, c, task, out, output.Slug(prompt))
}

// pace is how much slower than here the service's time runs.
func (f *generateFlags) pace() float64 {
	if f.rehearse {
		return f.speed
	}
	return 1
}

// client reaches the service, or a rehearsal that remembers nothing.
func (f *generateFlags) client(p *program, cmd *cobra.Command, stage *rehearsal) (*client.Client, error) {
	if !f.rehearse {
		return f.caller(p, cmd)
	}
	if err := stage.begin("", f.speed); err != nil {
		return nil, err
	}
	return client.New(stage.config())
}

// request checks the flags by the model table, as a row of a manifest is checked.
func (f *generateFlags) request(prompt string) (client.Request, bool, error) {
	d := f.defaults
	it := &manifests.Item{Prompt: prompt, NegativePrompt: d.NegativePrompt, Model: d.Model, Size: d.Size, Seed: d.Seed, N: f.n,
		PromptExtend: d.PromptExtend, Watermark: d.Watermark}
	for _, problem := range f.rules.Check(it) {
		return client.Request{}, false, &mistake{text: problem.Field + ": " + problem.Text}
	}
	return f.rules.Request(it)
}

// make submits once and waits. What may have been paid for is said, with the way to it.
func (p *program) make(ctx context.Context, c *client.Client, r client.Request, sync bool, speed float64) (client.Task, error) {
	if sync {
		task, err := c.Generate(ctx, r)
		return task, inDoubt(err, "a picture that is lost on the synchronous interface cannot be found again")
	}
	task, err := c.Submit(ctx, r)
	if err != nil {
		return task, inDoubt(err, "qwenbatch tasks list shows whether there is a task")
	}
	fmt.Fprintf(p.stderr, "task %s\n", task.ID)
	for n := 0; !task.Status.Ended(); n++ {
		wait := 3 * time.Second
		if n == 0 {
			wait = 9 * time.Second // about 15 s is usual
		}
		if err := pause(ctx, time.Duration(float64(wait)/speed)); err != nil {
			return task, &mistake{text: "stopped; the task goes on and will be billed", hint: "qwenbatch tasks get " + task.ID + " -o FILE fetches it within 24 hours", code: codeOf(ctx)}
		}
		if next, err := c.Task(ctx, task.ID); err == nil {
			task = next
		} else if n > 1000 {
			return task, err
		}
	}
	return task, nil
}

// codeOf is the exit code of a context that a signal ended.
func codeOf(ctx context.Context) exitCode {
	var stop stopSignal
	if errors.As(context.Cause(ctx), &stop) {
		return stop.code()
	}
	return codeStopped
}

func inDoubt(err error, hint string) error {
	if errors.Is(err, client.ErrInDoubt) {
		return &mistake{text: err.Error() + "; it may have been paid for", hint: hint, code: codeItems}
	}
	return err
}

func isDir(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}

func orDot(dir string) string {
	if dir == "" {
		return "."
	}
	return dir
}

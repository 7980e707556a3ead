package cli

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/qwenbatch/qwenbatch/cli/term"
	"github.com/qwenbatch/qwenbatch/client"
	"github.com/qwenbatch/qwenbatch/manifests"
	"github.com/qwenbatch/qwenbatch/output/filename"
)

// generateFlags are the flags of generate.
type generateFlags struct {
	*manifestFlags
	*serviceFlags
	out    string
	n      int
	images []string
	asJSON bool
}

func generateCommand(p *program) *cobra.Command {
	f := &generateFlags{manifestFlags: newManifestFlags(), serviceFlags: newServiceFlags(), n: 1}
	cmd := &cobra.Command{
		Use:   "generate PROMPT",
		Short: "Make one picture from a prompt, without a manifest",
		Long: `Make one picture from a prompt. The file's name is printed on stdout. Nothing is
remembered: for more than a few pictures, a manifest and run are the safe way.
Where it is stopped while the task is open, the task's id is printed: qwenbatch
tasks get ID -o FILE fetches the picture, for 24 hours.`,
		Example: `  qwenbatch generate "a ginger cat asleep on newspapers" --size 16:9 -o cat.png
  qwenbatch generate 一只坐着的橘黄色的猫 --mode sync
  qwenbatch generate "on white" --image shirt.jpg --model qwen-image-edit-plus`,
		Args: onePrompt,
	}
	main := newGroup("Picture")
	main.flags.VarP(textFlag{&f.out, "PATH"}, "out", "o",
		"file or folder for the picture (default a name made from the prompt, in the "+
			"current folder)")
	main.flags.Var(
		countFlag{
			&f.n}, "n", "pictures of this one request, where the model makes several (default 1)")
	main.flags.StringArrayVar(&f.images, "image", nil,
		"picture to edit or to follow, a file or a URL; can be repeated: image 1, image 2")
	f.manifestFlags.modeFlag(main)
	f.rehearseFlags(main)
	jsonFlag(main, &f.asJSON)
	where := f.serviceGroup()
	f.keyFlags(where)
	how := newGroup("Checks")
	how.flags.BoolVar(&f.rules.AllowTruncation, "allow-truncation", false,
		"send a prompt that is too long for the model; the API cuts it without a word")
	how.flags.BoolVar(&f.rules.NearestSize, "nearest-size", false,
		"take the allowed size nearest in shape")
	p.flags(cmd, main, f.pictureGroup(), how, where)
	cmd.RunE = func(cmd *cobra.Command, args []string) error { return p.generate(cmd, f, args[0]) }
	return cmd
}

func onePrompt(_ *cobra.Command, args []string) error {
	if len(args) != 1 || strings.TrimSpace(args[0]) == "" {
		return &mistake{text: "generate wants one prompt",
			hint: `put it in quotes: qwenbatch generate "a ginger cat"`}
	}
	return nil
}

// generate proves that the picture can be saved before it is paid for. After that, the first
// signal waits for an answer that is on its way; the second does not.
func (p *program) generate(cmd *cobra.Command, f *generateFlags, prompt string) error {
	request, sync, err := f.request(p, prompt)
	if err != nil {
		return err
	}
	to, err := newPictureTarget(f.out, filename.Slug(prompt))
	if err != nil {
		return err
	}
	defer to.close()
	var stage rehearsalServer
	c, err := f.client(p, cmd, &stage)
	if err != nil {
		return err
	}
	defer stage.close()
	defer c.Close()
	g := &generation{generateFlags: f, client: c,
		screen: &term.Screen{Rehearsal: f.rehearse, Stderr: p.stderr}}
	ctx, forget := untilSignal(cmd.Context(), g.stopping)
	defer forget()
	task, err := g.make(ctx, request, sync)
	if err != nil {
		return err
	}
	if err := task.Err(); err != nil {
		return &mistake{text: err.Error(), code: codeItems}
	}
	files, err := to.save(context.WithoutCancel(ctx), c, task)
	if f.asJSON {
		err = errors.Join(
			term.WriteJSON(p.stdout, picturesRecord{stamp, task.ID, append([]string{}, files...)}), err)
	} else {
		p.printFiles(files)
	}
	if err != nil {
		return err
	}
	// the picture is there, and whoever sent a signal shall see that it was heard
	return context.Cause(ctx)
}

// pace is how much slower than here the service's time runs.
func (f *generateFlags) pace() float64 {
	if f.rehearse {
		return f.speed
	}
	return 1
}

// client reaches the service, or a rehearsal that remembers nothing.
func (f *generateFlags) client(p *program, cmd *cobra.Command, stage *rehearsalServer) (
	*client.Client, error) {
	if !f.rehearse {
		return f.caller(p, cmd)
	}
	if err := stage.begin("", f.speed); err != nil {
		return nil, err
	}
	return client.New(stage.config())
}

// request checks the flags by the model table, as a row of a manifest is checked.
func (f *generateFlags) request(p *program, prompt string) (client.Request, bool, error) {
	d := f.defaults
	images, err := manifests.FindImages(f.images)
	if err != nil {
		return client.Request{}, false, &mistake{text: "--image " + err.Error()}
	}
	it := &manifests.Item{Prompt: prompt, NegativePrompt: d.NegativePrompt, Model: d.Model,
		Size: d.Size, Seed: d.Seed, N: f.n,
		PromptExtend: d.PromptExtend, Watermark: d.Watermark, Extras: d.Extras, Images: images}
	for _, problem := range f.rules.Check(it) {
		if problem.Warning {
			p.warn(problem.Field + ": " + problem.Text)
			continue
		}
		text := problem.Field
		if value := f.flagValue(text); value != "" {
			text = f.said(text, value)
		}
		return client.Request{}, false, &mistake{text: text + ": " + problem.Text,
			hint: f.flagHint(problem.Field)}
	}
	return f.rules.Request(it)
}

// A generation is one request from its submission to its picture.
type generation struct {
	*generateFlags
	client *client.Client
	screen *term.Screen
}

func (g *generation) stopping(why stopSignal) {
	g.screen.Say("%s: waiting for the answer that is on its way; again: leave at once", why.name())
}

// make submits once and waits. Its errors say what may have been paid for, and how to get it.
func (g *generation) make(ctx context.Context, r client.Request, sync bool) (client.Task, error) {
	if sync {
		task, err := g.client.Generate(context.WithoutCancel(ctx), r)
		return task, requestError(err,
			"a picture that is lost on the synchronous interface cannot be found again")
	}
	task, err := g.client.Submit(context.WithoutCancel(ctx), r)
	if err != nil {
		return task, requestError(err, "qwenbatch tasks list shows whether there is a task")
	}
	g.screen.Say("task %s", task.ID)
	for n := 0; !task.Status.Ended(); n++ {
		wait := 3 * time.Second
		if n == 0 {
			wait = 9 * time.Second // about 15 s is usual
		}
		if err := pause(ctx, time.Duration(float64(wait)/g.pace())); err != nil {
			return task, g.left(task, "stopped", codeOf(ctx))
		}
		next, err := g.client.Task(ctx, task.ID)
		var api *client.APIError
		switch {
		case errors.As(err, &api) && api.Reach() == client.ReachAccount:
			return task, err
		case err == nil && next.Status == client.Unknown && n >= unknownAsked, err != nil &&
			n >= failuresAsked:
			return task, g.left(task, "the service does not tell what became of it", codeItems)
		case err == nil && next.Status != client.Unknown:
			task = next
		}
	}
	return task, nil
}

// unknownAsked and failuresAsked bound how often a task is asked for that the service does not
// know (five minutes), or about which it does not answer (an hour).
const unknownAsked, failuresAsked = 100, 1200

// left is the error about a task that goes on after the command has ended.
func (g *generation) left(task client.Task, why string, code exitCode) error {
	if g.rehearse {
		return &mistake{text: why + "; nothing was paid", code: code}
	}
	return &mistake{text: why + "; the task goes on and will be billed",
		hint: "qwenbatch tasks get " + task.ID + " -o FILE fetches it within 24 hours", code: code}
}

// codeOf is the exit code of a context that a signal ended.
func codeOf(ctx context.Context) exitCode {
	var stop stopSignal
	if errors.As(context.Cause(ctx), &stop) {
		return stop.code()
	}
	return codeStopped
}

// requestError gives an error about this one request the code of an item that failed, and says
// what may have been paid.
func requestError(err error, hint string) error {
	var api *client.APIError
	switch {
	case errors.Is(err, client.ErrInDoubt):
		return &mistake{text: err.Error() + "; it may have been paid for", hint: hint,
			code: codeItems}
	case errors.As(err, &api) && api.Reach() == client.ReachItem:
		return &mistake{text: err.Error(), code: codeItems}
	}
	return err
}

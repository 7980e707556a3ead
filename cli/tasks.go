package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/qwenbatch/qwenbatch/cli/term"
	"github.com/qwenbatch/qwenbatch/client"
)

func tasksCommand(p *program) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "tasks",
		Short: "List, show and cancel the account's async tasks",
		Long: `The account's async tasks of the last 24 hours, those of other programs too. A
task that succeeded keeps its pictures for 24 hours.`,
		RunE: func(cmd *cobra.Command, args []string) error {
			return &mistake{text: "tasks wants list, get or cancel", hint: "qwenbatch tasks list"}
		},
	}
	cmd.AddCommand(tasksListCommand(p), tasksGetCommand(p), tasksCancelCommand(p))
	return cmd
}

func tasksListCommand(p *program) *cobra.Command {
	s := newServiceFlags()
	var f client.Filter
	var status string
	var since time.Duration
	asJSON := false
	cmd := &cobra.Command{
		Use:   "list",
		Short: "List the account's tasks, newest first as the service tells them",
		Example: "  qwenbatch tasks list --status RUNNING\n  qwenbatch tasks list --model " +
			"qwen-image-plus --since 1h --json",
		Args: noArguments,
	}
	main := newGroup("Tasks")
	statuses := []string{"PENDING", "RUNNING", "SUCCEEDED", "FAILED", "CANCELED", "UNKNOWN"}
	main.flags.Var(choiceFlag{&status, statuses}, "status",
		"only tasks in this state (default all)")
	main.flags.Var(textFlag{&f.Model, "NAME"}, "model", "only tasks of this model (default all)")
	main.flags.DurationVar(&since, "since", 0,
		"only tasks that are no older, at most 24h (default 24h)")
	main.flags.BoolVar(&asJSON, "json", false, "one JSON object a line, for programs")
	where := s.serviceGroup()
	s.keyFlags(where)
	p.flags(cmd, main, where)
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		if since < 0 || since > 24*time.Hour {
			return &mistake{text: "--since reaches back 24h at most",
				hint: "the service keeps no longer list"}
		}
		c, err := s.caller(p, cmd)
		if err != nil {
			return err
		}
		defer c.Close()
		f.Status = client.Status(status)
		return p.listTasks(cmd.Context(), c, f, since, asJSON)
	}
	return cmd
}

// A taskRecord is what tasks list --json prints of a task. Fields may be added, never renamed.
type taskRecord struct {
	jsonStamp
	ID      string `json:"task_id"`
	Request string `json:"request_id"`
	Model   string `json:"model"`
	Status  string `json:"status"`
	Created string `json:"created"`
	Started string `json:"started,omitempty"`
	Ended   string `json:"ended,omitempty"`
}

// listTasks reads all pages. Rows that pages push to one another are shown once; age is judged
// here, since the zone of the service's own filter is not documented.
func (p *program) listTasks(ctx context.Context, c *client.Client, f client.Filter,
	since time.Duration, asJSON bool) error {
	t := &term.Table{Heads: []string{"TASK", "MODEL", "STATUS", "CREATED", "TOOK"},
		Left: []int{1, 2, 3}, Cut: 1}
	seen := map[string]bool{}
	for task, err := range c.Tasks(ctx, f) {
		if err != nil {
			return err
		}
		if seen[task.ID] || since > 0 && time.Since(task.Created) > since {
			continue
		}
		seen[task.ID] = true
		if asJSON {
			r := taskRecord{stamp, task.ID, task.RequestID, task.Model, string(task.Status),
				term.Timestamp(task.Created), term.Timestamp(task.Started),
				term.Timestamp(task.Ended)}
			if err := json.NewEncoder(p.stdout).Encode(r); err != nil {
				return err
			}
			continue
		}
		took := ""
		if !task.Ended.IsZero() && !task.Started.IsZero() {
			took = term.Span(task.Ended.Sub(task.Started))
		}
		t.Add(task.ID, task.Model, string(task.Status), term.ClockText(task.Created), took)
	}
	if !asJSON {
		t.Print(p.stdout)
	}
	return nil
}

func tasksGetCommand(p *program) *cobra.Command {
	s := newServiceFlags()
	var out string
	asJSON := false
	cmd := &cobra.Command{
		Use:     "get TASK_ID",
		Short:   "Show a task, and save its pictures with --out",
		Example: "  qwenbatch tasks get 9e2b6ef6-285d-4efa-8651-4dbda7d571fa -o cat.png",
		Args:    oneTask,
	}
	main := newGroup("Task")
	main.flags.VarP(textFlag{&out, "PATH"}, "out", "o",
		"save its pictures in this file or folder (default only show it)")
	jsonFlag(main, &asJSON)
	where := s.serviceGroup()
	s.keyFlags(where)
	p.flags(cmd, main, where)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		c, err := s.caller(p, cmd)
		if err != nil {
			return err
		}
		defer c.Close()
		task, err := c.Task(cmd.Context(), args[0])
		if err != nil {
			return err
		}
		if asJSON {
			r := newTaskDetailRecord(task)
			r.Files, err = p.saveTask(cmd.Context(), c, task, out)
			return errors.Join(term.WriteJSON(p.stdout, r), err)
		}
		p.showTask(task)
		files, err := p.saveTask(cmd.Context(), c, task, out)
		p.printFiles(files)
		return err
	}
	return cmd
}

// saveTask saves the pictures of a task where out says, and returns their names.
func (p *program) saveTask(ctx context.Context, c *client.Client, task client.Task, out string) (
	[]string, error) {
	if out == "" {
		return nil, nil
	}
	if task.Status != client.Succeeded {
		return nil, noPictures(task)
	}
	to, err := newPictureTarget(out, task.ID)
	if err != nil {
		return nil, err
	}
	defer to.close()
	return to.save(ctx, c, task)
}

// noPictures is the mistake of a task that has no pictures to save.
func noPictures(t client.Task) error {
	m := &mistake{text: "it has no pictures, it is " + string(t.Status), code: codeItems}
	switch {
	case t.Status == client.Unknown:
		m.hint = "UNKNOWN is a task that is older than 24 hours, of another account or region, " +
			"or of none at all"
	case !t.Status.Ended():
		m.hint = "about 15 s is usual; the same command again fetches it"
	}
	return m
}

func oneTask(cmd *cobra.Command, args []string) error {
	if len(args) != 1 {
		return &mistake{text: cmd.Name() + " wants one task id",
			hint: "qwenbatch tasks list shows them"}
	}
	return noTask(args)
}

// taskPattern is what task ids look like.
var taskPattern = regexp.MustCompile(`^[A-Za-z0-9-]{1,64}$`)

// noTask is the mistake of an argument that cannot be a task id.
func noTask(args []string) error {
	for _, id := range args {
		if !taskPattern.MatchString(id) {
			return &mistake{text: term.Quote(id) + " is no task id",
				hint: "qwenbatch tasks list shows them"}
		}
	}
	return nil
}

// showTask prints a task without its signed URLs.
func (p *program) showTask(t client.Task) {
	show := func(name, value string) {
		if value != "" {
			fmt.Fprintf(p.stdout, "%-10s %s\n", name, term.Line(value))
		}
	}
	show("task", t.ID)
	show("status", string(t.Status))
	show("submitted", term.Timestamp(t.Submitted))
	show("started", term.Timestamp(t.Scheduled))
	show("ended", term.Timestamp(t.Ended))
	show("error", term.ReasonOf(t.Code, t.Message))
	for _, r := range t.Results {
		show("prompt", r.OrigPrompt)
		show("actual", r.ActualPrompt)
		show("failed", term.ReasonOf(r.Code, r.Message))
	}
	if t.Images > 0 {
		show("billed", term.Amount(t.Images, "picture"))
	}
}

func tasksCancelCommand(p *program) *cobra.Command {
	l := newSavedBatch()
	allPending := false
	cmd := &cobra.Command{
		Use:   "cancel TASK_ID… | MANIFEST --all-pending",
		Short: "Cancel tasks that have not started yet",
		Long: `Cancel tasks that wait at the service. One that has started goes on and is billed
if it succeeds; exit code 3 then. A cancelled item of a batch costs nothing; run
--retry-failed sends it again.`,
		Example: `  qwenbatch tasks cancel 9e2b6ef6-285d-4efa-8651-4dbda7d571fa
  qwenbatch tasks cancel prompts.csv --all-pending`,
		Args: someTasks,
	}
	main := l.folderFlags()
	main.flags.BoolVar(&allPending, "all-pending", false,
		"all tasks of a manifest's batch that have not started")
	jsonFlag(main, &l.asJSON)
	where := l.serviceGroup()
	l.keyFlags(where)
	p.flags(cmd, main, where)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if allPending && len(args) > 1 {
			return &mistake{text: "--all-pending takes one manifest, not " +
				term.Quote(strings.Join(args, " "))}
		}
		if !allPending {
			if err := noTask(args); err != nil {
				return err
			}
			c, err := l.caller(p, cmd)
			if err != nil {
				return err
			}
			defer c.Close()
			return p.cancel(cmd.Context(), c, args, l.asJSON)
		}
		return l.cancelPending(p, cmd, args[0])
	}
	return cmd
}

func someTasks(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return &mistake{text: "cancel wants task ids, or a manifest and --all-pending",
			hint: "qwenbatch tasks list --status PENDING shows them"}
	}
	return nil
}

// cancelPending cancels what a batch has waiting at the service.
func (l *savedBatch) cancelPending(p *program, cmd *cobra.Command, name string) error {
	return l.withSaved(p, cmd, name, false, func() error {
		tasks, err := l.batch.OpenTasks()
		if err != nil {
			return err
		}
		c, err := l.connect(p, l.settings)
		if err != nil {
			return err
		}
		defer c.Close()
		return p.cancel(cmd.Context(), c, tasks, l.asJSON)
	})
}

// cancelPace keeps below the 20 calls a second that an account has for its tasks (TASK, 2026-11).
const cancelPace = 62 * time.Millisecond

// cancel cancels tasks one by one. Those that have started are told, and make the exit code 3.
func (p *program) cancel(ctx context.Context, c *client.Client, tasks []string,
	asJSON bool) error {
	var late error
	for i, id := range tasks {
		if i > 0 {
			if err := pause(ctx, cancelPace); err != nil {
				return err
			}
		}
		err := c.Cancel(ctx, id)
		var api *client.APIError
		switch {
		case err == nil:
			p.tellCanceled(id, true, asJSON)
		case errors.As(err, &api) && api.Code == "UnsupportedOperation":
			p.tellCanceled(id, false, asJSON)
			late = codeItems
		default:
			return err
		}
	}
	return late
}

func (p *program) tellCanceled(id string, canceled, asJSON bool) {
	switch {
	case asJSON:
		term.JSONView{W: p.stdout}.Write(cancelRecord{stamp, id, canceled})
	case canceled:
		fmt.Fprintf(p.stdout, "%s canceled\n", term.Line(id))
	default:
		fmt.Fprintf(p.stdout, "%s not canceled: it is not PENDING; one that runs goes on and is "+
			"billed if it succeeds\n", term.Line(id))
	}
}

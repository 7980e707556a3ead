package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/spf13/cobra"

	"github.com/qwenbatch/qwenbatch/batch"
	"github.com/qwenbatch/qwenbatch/batch/state"
	"github.com/qwenbatch/qwenbatch/cli/term"
	"github.com/qwenbatch/qwenbatch/client"
	"github.com/qwenbatch/qwenbatch/output/durable"
)

func doctorCommand(p *program) *cobra.Command {
	s := newServiceFlags()
	var out, model string
	var probes, yes bool
	asJSON := false
	cmd := &cobra.Command{
		Use:   "doctor",
		Short: "Check key, region, clock, disk and list access, without cost",
		Long: `Check what a run needs with calls that cost nothing: the key and its region, the
clock, the account's task list, the disk, and the account's own limits, its
price and the retirement of the model where the service tells them. Exit code 0
if a run would work, else 1.

--probe also buys one or two pictures of qwen-image-plus, for less than ¥1 and
after a question, to find out what no document tells of the service. It prints
that as JSON without secrets, which an issue about it may show.`,
		Example: "  qwenbatch doctor\n  qwenbatch doctor --region singapore --model " +
			"qwen-image-plus",
		Args: noArguments,
	}
	main := newGroup("Checks")
	main.flags.VarP(textFlag{&out, "DIR"}, "out", "o",
		"folder whose disk is checked (default the current one)")
	main.flags.Var(textFlag{&model, "NAME"}, "model",
		"model whose limits are asked for (default "+batch.DefaultModel+")")
	main.flags.BoolVar(&probes, "probe", false,
		"buy one or two pictures to find out what no document tells of the service")
	main.flags.BoolVarP(&yes, "yes", "y", false, "do not ask before --probe pays")
	jsonFlag(main, &asJSON)
	where := s.serviceGroup()
	s.keyFlags(where)
	p.flags(cmd, main, where)
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		if model == "" {
			model = batch.DefaultModel
		}
		d := &checkup{p: p, asJSON: asJSON && !probes} // --probe prints JSON of its own
		d.disk(orDot(out))
		if c := d.key(s, cmd); c != nil {
			defer c.Close()
			if d.list(cmd.Context(), c) {
				d.limits(cmd.Context(), c, model)
				d.model(cmd.Context(), c, model)
				if probes && !d.ill {
					return d.probe(cmd.Context(), s, c, yes)
				}
			}
		}
		return d.end()
	}
	return cmd
}

// A checkup runs the checks of doctor and prints a line for each.
type checkup struct {
	p        *program
	settings state.Settings
	ill      bool // a run would not work
	asJSON   bool
	checks   []checkRecord
}

// end prints the record for programs, and returns how doctor ends.
func (d *checkup) end() error {
	if d.asJSON {
		if err := term.WriteJSON(d.p.stdout, doctorRecord{stamp, !d.ill, d.checks}); err != nil {
			return err
		}
	}
	if d.ill {
		return codeStopped
	}
	return nil
}

func (d *checkup) tell(c checkRecord) {
	if d.asJSON {
		d.checks = append(d.checks, c)
		return
	}
	fmt.Fprintf(d.p.stdout, "%-5s %-8s %s\n", c.Verdict, c.Check, term.Line(c.Text))
	if c.Hint != "" {
		fmt.Fprintf(d.p.stdout, "      %-8s %s\n", "", term.Line(c.Hint))
	}
}

func (d *checkup) well(what, text string) { d.tell(checkRecord{"ok", what, text, ""}) }
func (d *checkup) note(what, text string) { d.tell(checkRecord{"note", what, text, ""}) }

// bad tells of a check that failed, and its hint.
func (d *checkup) bad(what string, err error) {
	c := explain(err)
	d.ill = true
	d.tell(checkRecord{"FAIL", what, c.text, c.hint})
}

func (d *checkup) disk(path string) {
	if _, err := os.Stat(path); err != nil {
		d.bad("disk", &mistake{text: err.Error(), hint: "name a folder with --out"})
		return
	}
	dir, err := durable.OpenDir(path)
	if err == nil {
		defer dir.Close()
		err = durable.ProbeDir(dir, ".")
	}
	if err != nil {
		d.bad("disk", err)
		return
	}
	d.well("disk", path+" can be written")
}

// key finds the key and the endpoint; nil where the service cannot be called.
func (d *checkup) key(s *serviceFlags, cmd *cobra.Command) *client.Client {
	settings, err := s.settle(d.p, cmd.Flags(), nil)
	if err != nil {
		d.bad("region", err)
		return nil
	}
	c, err := s.connect(d.p, settings)
	if err != nil {
		d.bad("key", err)
		return nil
	}
	d.settings = settings
	d.well("region", settings.Region+", "+settings.BaseURL)
	return c
}

// list asks for one page of the task list, which proves key and region and tells the clock of
// the service. It returns false where further calls make no sense.
func (d *checkup) list(ctx context.Context, c *client.Client) bool {
	page, err := c.TaskPage(ctx, client.Filter{PageSize: 1}, 1)
	var api *client.APIError
	switch {
	case errors.As(err, &api) && api.Reach() == client.ReachAccount:
		d.bad("key", err)
		return false
	case errors.As(err, &api):
		d.note("list",
			"refused: "+api.Error()+"; a submission that goes unanswered will be held, "+
				"not settled")
		d.clock(api.Date)
		return true
	case err != nil:
		d.bad("service", err)
		return false
	}
	d.well("key", "accepted")
	d.well("list", term.Amount(page.Total, "task")+" of the last 24 hours")
	d.clock(page.Date)
	return true
}

// wrongClock is the difference between the clocks of this machine and the service from which on
// it is noted. Nothing depends on it.
const wrongClock = 2 * time.Minute

func (d *checkup) clock(service time.Time) {
	if service.IsZero() {
		return
	}
	off := time.Since(service).Round(time.Second)
	if off.Abs() > wrongClock {
		d.note("clock", fmt.Sprintf("this machine's is off by %s; runs go by the service's",
			term.Span(off.Abs())))
		return
	}
	d.well("clock", "agrees with the service's")
}

// limits prints the limits of the account, where the service tells them.
func (d *checkup) limits(ctx context.Context, c *client.Client, model string) {
	l, told, err := c.Limits(ctx, model)
	if err != nil || !told {
		m := client.LookupModel(model)
		if !m.Known {
			d.note("limits", "neither the service nor the model table tells those of "+model)
			return
		}
		d.note("limits",
			fmt.Sprintf("the service does not tell this account's; documented for %s: %s", model,
				quota(m)))
		return
	}
	text := fmt.Sprintf("%s: %s in %s", model, term.Amount(l.Submissions, "submission"),
		term.Span(l.Per))
	if l.Running > 0 {
		text += fmt.Sprintf(", %d tasks at once, %d in the queue", l.Running, l.Queue)
	}
	d.well("limits", text)
}

// model prints the price of the account and the retirement, where the service tells them.
func (d *checkup) model(ctx context.Context, c *client.Client, name string) {
	info, told, err := c.ModelInfo(ctx, name)
	price, priced := info.Price()
	if err != nil || !told || !priced {
		d.note("model", "the service does not tell the price of "+name)
		return
	}
	notes, warnings := liveNotes(client.Catalogue{name: {Info: &info}}, []string{name},
		d.settings.Region,
		time.Now())
	if len(notes) == 0 {
		d.well("model", fmt.Sprintf("%s costs %s a picture, as in the price list", name,
			term.Yuan(price)))
	}
	for _, note := range append(notes, warnings...) {
		d.note("model", note)
	}
}

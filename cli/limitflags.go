package cli

import (
	"errors"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/qwenbatch/qwenbatch/batch"
	"github.com/qwenbatch/qwenbatch/batch/settle"
	"github.com/qwenbatch/qwenbatch/client"
)

// limitFlags are the flags that bound a run and its risk.
type limitFlags struct {
	budget      client.Money
	deadline    time.Duration
	maxFailures int
	onDoubt     string
	settleTime  time.Duration
	noMetadata  bool
}

// limitGroup returns the flags.
func (b *limitFlags) limitGroup() group {
	g := newGroup("Money and limits")
	g.flags.Var(moneyFlag{&b.budget}, "budget",
		"stop before this batch would cost more, over its whole life: done, replaced, open, "+
			"held and unsettled pictures all count (default none)")
	g.flags.DurationVar(&b.deadline, "deadline", 0,
		"start no more items once so much time has passed; what is open is still collected, the "+
			"rest is left for the next run (default none)")
	g.flags.Var(countFlag{&b.maxFailures}, "max-failures",
		"start no more items after N have failed for good (default none)")
	g.flags.Var(choiceFlag{&b.onDoubt, []string{"hold", "resubmit"}}, "on-doubt",
		"what becomes of a submission that nobody can tell the outcome of: hold it for you, or "+
			"send it again at the risk of paying twice")
	g.flags.DurationVar(&b.settleTime, "settle", settle.DefaultTime,
		"how long an unanswered submission may take to show in the task list")
	g.flags.BoolVar(&b.noMetadata, "no-metadata", false,
		"put no prompts into the pictures; their item and task stay in, so that a lost state "+
			"file can be rebuilt")
	return g
}

// apply sets the options of a batch.
func (b *limitFlags) apply(o *batch.Options) {
	o.Budget, o.Deadline, o.MaxFailures = b.budget, b.deadline, b.maxFailures
	o.OnDoubt, o.Settle, o.NoMetadata = b.onDoubt, b.settleTime, b.noMetadata
}

// check refuses a budget over models whose price is not known, since it could not be kept.
func (b *limitFlags) check(p batch.Plan) error {
	if b.budget > 0 && p.Unpriced {
		return &mistake{
			text: "--budget cannot be kept: the price of a model in this manifest is not known",
			hint: "qwenbatch models lists the prices; leave --budget out, or use --limit"}
	}
	return nil
}

// A moneyFlag is an amount of money such as 20 or 12.50.
type moneyFlag struct{ value *client.Money }

func (p moneyFlag) Type() string { return "AMOUNT" }

func (p moneyFlag) String() string {
	if p.value == nil || *p.value == 0 {
		return ""
	}
	return p.value.String()
}

// Set reads an amount in the currency of the region's prices.
func (p moneyFlag) Set(s string) error {
	n, err := strconv.ParseFloat(strings.TrimPrefix(strings.TrimSpace(s), "¥"), 64)
	if err != nil || !(n > 0) || n > 1e9 {
		return errors.New("it takes an amount above 0, as in 20 or 12.50")
	}
	*p.value = client.Money(math.Floor(n*1e6 + 0.5))
	return nil
}

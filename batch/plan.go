package batch

import (
	"cmp"
	"encoding/binary"
	"slices"
	"time"

	"github.com/qwenbatch/qwenbatch/batch/pace"
	"github.com/qwenbatch/qwenbatch/batch/settle"
	"github.com/qwenbatch/qwenbatch/batch/state"
	"github.com/qwenbatch/qwenbatch/client"
)

// A Plan is what a run would do, and what was done.
type Plan struct {
	Items int
	// New items were never sent, Changed ones are finished and now say something else.
	New, Changed int
	// Ready items were refused for now; Open ones are at the service; Doubt is about
	// submissions without an answer.
	Ready, Open, Doubt                     int
	Done, Failed, Held, Abandoned, Skipped int
	// Unfetched of the open items are paid for, and their pictures could not be fetched so far;
	// the first is kept until Until.
	Unfetched int
	Until     time.Time
	// Unsettled of the held items may be settled by another look at the task list, which a run
	// takes.
	Unsettled int
	// Again are finished items that Options.Redo buys anew; Redo says why others are not.
	Again int
	Redo  RedoPlan
	// Edited of the done items have pictures that somebody has worked on since.
	Edited int
	// Missing items are done and paid, and their pictures are gone. Fetchable of them can be
	// had again without cost.
	Missing, Fetchable int
	// Misnamed of the done items get other file names, without cost.
	Misnamed int
	// Pictures are to be paid by a run, for Cost. Unpriced says that a model without a known
	// price is among them.
	Pictures int
	Cost     client.Money
	Unpriced bool
	// Repeated rows among them ask for the very same picture as another row of the manifest,
	// for RepeatedCost of Cost.
	Repeated     int
	RepeatedCost client.Money
	// Spent is what is paid so far, with replaced pictures; Held and open ones are not in it.
	// SpentGone of it is for Gone items that the manifest has no more.
	Spent, SpentGone client.Money
	Gone             int
	Models           []ModelPlan
	// Duration is how long a run takes at the documented quotas, at least.
	Duration time.Duration
	// Anew of all Finished pictures would be paid again, because what the manifest says of them
	// has changed.
	Anew, Finished int
}

// A ModelPlan is the share of one model.
type ModelPlan struct {
	Name     string
	Pictures int
	Requests int
	Cost     client.Money
	// Async and Sync are how long it takes over either interface at the documented quota; 0
	// where it has none.
	Async, Sync time.Duration
	Price       client.Money
	// Shown is what the pictures cost that the requests show the model; it is a part of Cost.
	Shown client.Money
	// AtRisk is how many pictures are on their way at a time over the synchronous interface:
	// what a crash there may cost.
	AtRisk int
}

// meanServiceTime is the mean time that a picture takes (about 15 s: the user's document, 2025-09;
// 16–28 s in later samples).
const meanServiceTime = 16 * time.Second

// Plan counts what the state knows of the manifest's items, and what a run would send. The
// manifest is read only for what is to be sent.
func (b *Batch) Plan() (Plan, error) {
	p := Plan{Items: len(b.matches)}
	rows := len(b.redo.places) // that are looked at in the manifest
	for i := range b.matches {
		if b.wanted(i) && !b.redo.names(i) {
			rows++
		}
		if err := b.planItem(&p, i); err != nil {
			return p, err
		}
	}
	models, err := b.planRows(&p, rows)
	if err != nil {
		return p, err
	}
	p.Spent = b.state.Paid()
	p.Anew, p.Finished = b.anew(&p)
	for _, name := range b.index.models {
		if m := models[name]; m != nil {
			model := b.o.Rules.Live.Model(name)
			p.addModel(m, model, b.o.Rules.sync(model))
		}
	}
	return p, nil
}

// planItem counts the i-th item of the manifest by what is known of it in memory.
func (b *Batch) planItem(p *Plan, i int) error {
	m := b.matches[i]
	if b.index.skipped[i] {
		p.Skipped++
		return nil
	}
	if m.Entry < 0 {
		p.New++
		return nil
	}
	e := b.state.Entry(int(m.Entry))
	phase := e.Phase()
	if m.Changed && (phase == state.Done || phase == state.Failed) {
		p.Changed++
		return nil
	}
	if b.redo.includes(m.Entry) {
		p.Again++
		return nil
	}
	switch phase {
	case state.Ready:
		p.Ready++
	case state.Intent:
		p.Doubt++
	case state.Open:
		p.Open++
		return b.planOpen(p, int(m.Entry))
	case state.Done:
		if b.misnamed(i) {
			p.Misnamed++
		}
		return b.planDone(p, int(m.Entry))
	case state.Failed:
		p.Failed++
	case state.Held:
		p.Held++
		rec, err := b.state.Get(int(m.Entry))
		if err == nil && settle.Reviewable(rec, time.Now()) {
			p.Unsettled++
		}
		return err
	case state.Abandoned:
		p.Abandoned++
	}
	return nil
}

// planOpen counts an open item that is paid for.
func (b *Batch) planOpen(p *Plan, i int) error {
	rec, err := b.state.Get(i)
	if err == nil && !rec.Succeeded.IsZero() {
		p.Unfetched++
		p.Until = pace.Sooner(p.Until, rec.Submitted.Add(client.TaskLifetime))
	}
	return err
}

// planDone counts an item that is done, or was.
func (b *Batch) planDone(p *Plan, i int) error {
	if !b.pictures.Missing(i) {
		p.Done++
		if b.pictures.Edited(i) {
			p.Edited++
		}
		return nil
	}
	p.Missing++
	rec, err := b.state.Get(i)
	if err == nil && fetchable(rec, time.Now()) {
		p.Fetchable++
	}
	return err
}

// planRows counts the items that a run would send and those that --redo names. Many is how many
// there are of both: the manifest is read no further than the last of them.
func (b *Batch) planRows(p *Plan, many int) (map[string]*ModelPlan, error) {
	models := map[string]*ModelPlan{}
	if many == 0 {
		return models, nil
	}
	var same samePictures
	for i, it := range b.items() {
		if it.err != nil {
			return nil, it.err
		}
		wanted, named := b.wanted(i), b.redo.names(i)
		cost := client.Money(0)
		if wanted {
			var err error
			if cost, err = b.planSubmission(p, models, it); err != nil {
				return nil, err
			}
		}
		if !it.Skip && !named {
			same.add(b.index.items[i].Print, it.Row, wanted, cost)
		}
		if !wanted && !named {
			continue
		}
		b.redo.explain(&p.Redo, i, it, b.matches[i])
		if many--; many == 0 {
			break
		}
	}
	p.Repeated, p.RepeatedCost = same.repeated()
	return models, nil
}

// planSubmission counts an item that a run would send, and returns what it costs.
func (b *Batch) planSubmission(p *Plan, models map[string]*ModelPlan, it item) (
	client.Money, error) {
	s, err := b.o.Rules.newRequest(it.Item, "", 0)
	if err != nil {
		return 0, err
	}
	m := models[s.Model]
	if m == nil {
		m = &ModelPlan{Name: s.Model}
		models[s.Model] = m
	}
	m.Price = b.price(s)
	m.Pictures += s.N
	m.Requests++
	cost := b.cost(s, s.N)
	m.Cost += cost
	m.Shown += cost - m.Price*client.Money(s.N)
	p.Unpriced = p.Unpriced || m.Price == 0
	return cost, nil
}

// addModel adds the share of one model, once its items are counted; sync says that they are sent
// over the synchronous interface.
func (p *Plan) addModel(m *ModelPlan, model client.Model, sync bool) {
	submitting := time.Duration(m.Requests) * model.Per / time.Duration(max(1, model.Submissions))
	if model.Async != client.None {
		m.Async = submitting + meanServiceTime
		if model.Running > 0 {
			m.Async = max(m.Async, time.Duration(m.Requests)*meanServiceTime/time.Duration(model.Running))
		}
	}
	if model.Sync {
		m.Sync = submitting + meanServiceTime
		atOnce := int(meanServiceTime*time.Duration(max(1, model.Submissions))/model.Per) + 1
		m.AtRisk = min(m.Requests, atOnce) * max(1, m.Pictures/max(1, m.Requests))
	}
	p.Pictures += m.Pictures
	p.Cost += m.Cost
	longest := p.Duration // the models' quotas are apart from each other
	p.Duration = max(longest, m.Async)
	if m.Async == 0 || sync {
		p.Duration = max(longest, m.Sync)
	}
	p.Models = append(p.Models, *m)
}

// anew counts the finished pictures that a run would pay a second time: changed rows, and
// finished ones that the manifest has lost while as many new ones have come, which is what a
// changed flag does to rows without ids. Of the lost ones it adds to the plan what is not
// finished, and what was paid for them.
func (b *Batch) anew(p *Plan) (anew, finished int) {
	claimed := make([]bool, b.state.Count())
	for _, m := range b.matches {
		if m.Entry >= 0 {
			claimed[m.Entry] = true
			if m.Changed && b.state.Entry(int(m.Entry)).Phase() == state.Done {
				anew++
			}
		}
	}
	lost := 0
	for i, e := range b.state.Entries() {
		if e.Phase() == state.Done {
			finished++
		}
		if !claimed[i] && e.Paid > 0 {
			p.Gone++
			p.SpentGone += e.Paid
		}
		switch {
		case claimed[i]:
		case e.Phase() == state.Done:
			lost++
		case e.Phase() == state.Open: // its row is gone; it is paid for and fetched all the same
			p.Open++
		case e.Phase() == state.Intent:
			p.Doubt++
		}
	}
	return anew + min(lost, p.New), finished
}

// ManyAnew is how many pictures are not paid again without somebody's consent.
const ManyAnew = 10

// Much reports whether so much would be paid anew that somebody should agree: more than a
// tenth, and at least [ManyAnew].
func (p Plan) Much() bool { return p.Anew >= ManyAnew && p.Anew*10 > p.Finished }

// Idle reports whether a run has nothing to do.
func (p Plan) Idle() bool {
	return p.Pictures == 0 && p.Open == 0 && p.Misnamed == 0 && p.Doubt == 0 && p.Unsettled == 0 &&
		p.Fetchable == 0
}

// samePictures finds the rows that ask for the very same picture as another row, word by word
// and setting by setting. The pictures of one row (count) are meant to be several.
type samePictures []sameRow

// A sameRow is what an item of a row asks for.
type sameRow struct {
	asks   uint64 // the beginning of its state.Fingerprint
	row    int32
	wanted bool         // a run would send it
	cost   client.Money // and pay that
}

func (s *samePictures) add(print state.Fingerprint, row int, wanted bool, cost client.Money) {
	*s = append(*s, sameRow{binary.BigEndian.Uint64(print[:]), int32(row), wanted, cost})
}

// repeated returns how many rows a run would send beside another row that asks for the same
// picture, and what they cost. Of rows that ask for the same, one is no repetition: one that is
// not to be sent if there is any, else the first.
func (s samePictures) repeated() (rows int, cost client.Money) {
	slices.SortFunc(s, func(a, b sameRow) int {
		return cmp.Or(cmp.Compare(a.asks, b.asks), compareBool(a.wanted, b.wanted),
			cmp.Compare(a.row, b.row))
	})
	for i := 0; i < len(s); {
		first, last := s[i], s[i].row
		for ; i < len(s) && s[i].asks == first.asks; i++ {
			if s[i].row == first.row || !s[i].wanted {
				continue
			}
			if cost += s[i].cost; s[i].row != last {
				rows, last = rows+1, s[i].row
			}
		}
	}
	return rows, cost
}

func compareBool(a, b bool) int {
	switch {
	case a == b:
		return 0
	case a:
		return 1
	}
	return -1
}

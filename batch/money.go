package batch

import (
	"github.com/qwenbatch/qwenbatch/batch/state"
	"github.com/qwenbatch/qwenbatch/client"
)

// countMoney adds up what the batch has cost so far or may have cost.
func (r *run) countMoney() error {
	if r.o.Budget == 0 {
		return nil
	}
	for i := range r.state.Count() {
		rec, err := r.state.Get(i)
		if err != nil {
			return err
		}
		r.stops.AddCost(r.b.mayCost(rec))
	}
	return nil
}

// mayCost is what an item has cost, or will have cost if what is open or in doubt succeeds.
func (b *Batch) mayCost(rec state.Record) client.Money {
	sure := rec.Before + rec.Doubted
	switch rec.Phase {
	case state.Intent, state.Open, state.Held:
		return sure + b.price(rec.Sent)*client.Money(rec.Sent.N)
	}
	return sure + rec.Cost
}

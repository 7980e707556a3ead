package disktest

// A Recorder is a Disk that records its operations and can make one of them fail. It is for one
// goroutine.
type Recorder struct {
	*Disk
	Ops []Op // since the last call of FailAt
}

// NewRecorder records what is done on d from now on.
func NewRecorder(d *Disk) *Recorder {
	r := &Recorder{Disk: d}
	r.FailAt(0, Verdict{})
	return r
}

// FailAt forgets what was recorded and gives the n-th operation from now, from 1, a verdict; 0
// gives none.
func (r *Recorder) FailAt(n int, v Verdict) {
	r.Ops = nil
	r.Decide = func(op Op) Verdict {
		if r.Ops = append(r.Ops, op); len(r.Ops) == n {
			return v
		}
		return Verdict{}
	}
}

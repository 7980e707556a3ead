package settle

import (
	"testing"
	"time"

	"github.com/qwenbatch/qwenbatch/batch/pace"
	"github.com/qwenbatch/qwenbatch/batch/state"
)

// TestMachineThatSlept searches for a submission of this moment on a machine whose clock has stood still for hours: its intent is
// dated that much too early.
func TestMachineThatSlept(t *testing.T) {
	c := pace.NewClock(1)
	c.Observe(time.Now())
	s := Search{Finder: &Finder{Clock: c}, rec: &state.Record{Intent: c.Now()}, posted: time.Now(), ended: time.Now()}
	c.Observe(time.Now().Add(8 * time.Hour))
	if age := s.age(); age > time.Second {
		t.Errorf("the submission of this moment is %v old", age)
	}
}

package batch

import (
	"testing"
	"time"

	"github.com/qwenbatch/qwenbatch/client/emulator"
)

// TestN11BlockedEndsSoon greets a service in whose place a proxy wants a password, which waiting does not change, and one
// behind a gateway that is down, which it may: nothing is sent to either.
func TestN11BlockedEndsSoon(t *testing.T) {
	for status, want := range map[int][2]time.Duration{
		407: {30 * time.Second, 70 * time.Second},
		502: {2 * time.Minute, 5 * time.Minute},
	} {
		play(t, one, emulator.Options{}, func(s *scene) {
			s.fault = func(c emulator.Call) emulator.Fault {
				if c.Op == "list" {
					return emulator.Fault{Status: status}
				}
				return emulator.Fault{}
			}
			began := time.Now()
			err := s.start()
			if took := time.Since(began); err == nil || took < want[0] || took > want[1] {
				t.Errorf("HTTP %d in place of the list: Run = %v after %v, want an error after %v to %v", status, err, took, want[0], want[1])
			}
			s.wantPosts(0)
		})
	}
}

package batch

import (
	"errors"
	"testing"

	"github.com/qwenbatch/qwenbatch/batch/state"
	"github.com/qwenbatch/qwenbatch/client"
	"github.com/qwenbatch/qwenbatch/client/emulator"
)

// envelopes are the forms that a refusal may come in; "" is a page of HTML.
var envelopes = []string{"", emulator.EnvelopeOpenAI, emulator.EnvelopeFramework, emulator.EnvelopeNumeric}

// TestA29StopsAtTheFirst: a status that concerns every submission stops them all at the first,
// and no item is in doubt.
func TestA29StopsAtTheFirst(t *testing.T) {
	for _, status := range []int{401, 404, 405, 415} {
		for _, envelope := range envelopes {
			if status == 404 && envelope == emulator.EnvelopeOpenAI {
				continue // says that there is no such model: the model stops
			}
			play(t, three, emulator.Options{}, func(s *scene) {
				s.fault = at("submit", 0, emulator.Fault{Status: status, Envelope: envelope})
				var api *client.APIError
				if err := s.start(); !errors.As(err, &api) || api.Status != status {
					t.Errorf("HTTP %d %s: Run = %v, want the refusal", status, envelope, err)
				}
				s.wantPosts(1)
				for prompt, rec := range s.records() {
					if rec.Phase != state.Ready {
						t.Errorf("HTTP %d %s: %q is %q, want it as it was", status, envelope, prompt, rec.Phase)
					}
				}
				s.faults.Store(false)
				s.ends()
				s.wantPaidOnce(3)
			})
		}
	}
}

// TestA29FailsTheItem: a request that is too large, or that cannot be processed, fails alone.
func TestA29FailsTheItem(t *testing.T) {
	for _, status := range []int{413, 422} {
		for _, envelope := range envelopes {
			play(t, three, emulator.Options{}, func(s *scene) {
				s.fault = func(c emulator.Call) (f emulator.Fault) {
					if c.Op == "submit" && c.Prompt == "a blue dog" {
						f = emulator.Fault{Status: status, Envelope: envelope}
					}
					return f
				}
				if err := s.start(); err != nil {
					t.Errorf("HTTP %d %s: Run = %v", status, envelope, err)
				}
				s.wantPosts(3)
				s.wantPhases(map[string]state.Phase{"a red cat": state.Done, "a blue dog": state.Failed, "a bird": state.Done})
			})
		}
	}
}

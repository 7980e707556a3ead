package batch

import (
	"strings"
	"testing"

	"github.com/qwenbatch/qwenbatch/client/emulator"
)

// TestM2SheetsEditedBetweenRuns edits real sheets between real runs: what is there is not paid again, keys and seeds stay.
func TestM2SheetsEditedBetweenRuns(t *testing.T) {
	for _, c := range []struct {
		name, before, after string
		paid                int // pictures that the second run pays
	}{
		{"moved", "id,prompt\na,cat\nb,dog\nc,owl\n", "id,prompt\nc,owl\na,cat\nb,dog\n", 0},
		{"moved without ids", "prompt\ncat\ndog\nowl\n", "prompt\nowl\ncat\ndog\n", 0},
		{"renumbered", "id,prompt\n1,cat\n2,dog\n3,owl\n", "id,prompt\n11,cat\n12,dog\n13,owl\n", 0},
		{"first row removed, ids moved up", "id,prompt\n1,cat\n2,dog\n3,owl\n", "id,prompt\n1,dog\n2,owl\n", 0},
		{"row inserted, ids moved down", "id,prompt\n1,cat\n2,dog\n", "id,prompt\n1,emu\n2,cat\n3,dog\n", 1},
		{"ids swapped", "id,prompt\n1,cat\n2,dog\n", "id,prompt\n2,cat\n1,dog\n", 0},
		{"id column added", "prompt\ncat\ndog\n", "id,prompt\nx,cat\ny,dog\n", 0},
		{"id column dropped", "id,prompt\nx,cat\ny,dog\n", "prompt\ncat\ndog\n", 0},
		{"other columns added", "id,prompt\nx,cat\ny,dog\n", "id,note,prompt\nx,good,cat\ny,bad,dog\n", 0},
		{"doubled without ids", "prompt\ncat\ndog\n", "prompt\ncat\ncat\ndog\n", 1},
		{"twins, one removed", "prompt\ncat\ncat\ncat\n", "prompt\ncat\ncat\n", 0},
		{"changed", "id,prompt\na,cat\nb,dog\n", "id,prompt\na,big cat\nb,dog\n", 1},
		{"removed and put back", "id,prompt\na,cat\n", "id,prompt\na,cat\n", 0},
		{"count grown", "id,prompt,count\na,cat,2\n", "id,prompt,count\na,cat,3\n", 1},
		{"count shrunk", "id,prompt,count\na,cat,3\n", "id,prompt,count\na,cat,1\n", 0},
		{"CSV with BOM and CRLF", "id,prompt\na,cat\nb,dog\n", "\ufeffid,prompt\r\na,cat\r\nb,dog\r\n", 0},
		{"seed said as it was drawn is another wish", "id,prompt,seed\na,cat,\n", "id,prompt,seed\na,cat,7\n", 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			after := writeManifest(t, "p.csv", c.after)
			play(t, c.before, emulator.Options{}, func(s *scene) {
				s.ends()
				first := s.records()
				posts := s.posts()
				s.sheet = after
				s.ends()
				if paid := s.posts() - posts; paid != c.paid {
					t.Errorf("%d pictures are paid, want %d", paid, c.paid)
				}
				for prompt, rec := range s.records() {
					if was, ok := first[prompt]; ok && !strings.Contains(c.name, "ount") && c.paid == 0 && (was.Key != rec.Key || was.Sent.Seed != rec.Sent.Seed) {
						t.Errorf("%q had key %s and seed %d, has %s and %d", prompt, was.Key, was.Sent.Seed, rec.Key, rec.Sent.Seed)
					}
				}
				posts = s.posts()
				if s.ends(); s.posts() != posts {
					t.Errorf("a third run pays again")
				}
			})
		})
	}
}

// TestM4TwinRemovedAfterARefusal is refused for the first of two twins, which is removed then, or its sister: nothing is paid again.
func TestM4TwinRemovedAfterARefusal(t *testing.T) {
	play(t, "prompt\ntwin\ntwin\n", emulator.Options{}, func(s *scene) {
		s.fault = at("submit", 1, emulator.Fault{FailCode: "DataInspectionFailed"})
		s.options.Window = 1
		s.ends()
		s.retype("prompt\ntwin\n")
		s.options.RetryFailed = true
		s.ends()
		s.wantPosts(2)
		s.wantPaidOnce(1)
	})
}

package batch

import (
	"fmt"
	"strings"
	"time"

	"github.com/qwenbatch/qwenbatch/batch/pictures"
	"github.com/qwenbatch/qwenbatch/batch/state"
	"github.com/qwenbatch/qwenbatch/manifests"
)

// settled reports whether every item is done or held, and collects what is held.
func (s *sim) settled(manifest string) bool {
	b, closeAll := s.look(manifest)
	defer closeAll()
	s.finals, s.heldSeen, s.failed, s.replaced, s.redone = nil, nil, 0, 0, map[string]int{}
	all := true
	for i, mt := range b.matches {
		if mt.Entry < 0 {
			return false
		}
		rec, err := b.state.Get(int(mt.Entry))
		if err != nil {
			s.t.Fatal(err)
		}
		s.finals = append(s.finals, rec)
		s.replaced += rec.Replaced
		s.redone[rec.Key] = rec.Redone
		switch rec.Phase {
		case state.Failed: // three refusals in a row; it must have cost nothing
			s.failed++
		case state.Held:
			s.heldSeen = append(s.heldSeen, fmt.Sprintf("item %d %s: %s: %s", i, rec.Phase, rec.Code, rec.Message))
		case state.Done, state.Abandoned:
		default:
			all = false
		}
	}
	return all
}

// look matches a manifest with the state file, without a client.
func (s *sim) look(manifest string) (b *Batch, closeAll func()) {
	s.disk.Decide = nil
	m, err := manifests.Open(manifest, manifests.Options{})
	if err != nil {
		s.t.Fatal(err)
	}
	b, err = Open(Options{Manifest: m, Disk: s.disk, Settings: state.Settings{BaseURL: "http://api.test/api/v1", Region: "beijing"}})
	if err != nil {
		s.t.Fatal(err)
	}
	return b, func() { b.Close(); m.Close() }
}

// checkPicture compares a done item with its file: it is there, whole, and made from the item's words and seed.
func (s *sim) checkPicture(rec state.Record) {
	for _, p := range rec.Pictures {
		if _, ok := s.disk.Content(p.File); !ok {
			s.t.Errorf("%s is done and its picture %s is not there", rec.Key, p.File)
		}
		if id, ok := pictures.ReadIdentity(s.disk, p.File); !ok || id.Key != rec.Key || id.Task != rec.Task {
			s.t.Errorf("%s has the picture of %+v", rec.Key, id)
		}
	}
	for _, task := range s.server.Books().Tasks {
		if task.ID == rec.Task && task.Prompt != rec.Sent.Prompt {
			s.t.Errorf("%s has a picture of %q, want %q", rec.Key, task.Prompt, rec.Sent.Prompt)
		}
	}
}

// check compares the books with what was asked for.
func (s *sim) check(items int) {
	books := s.server.Books()
	charged := 0
	for _, task := range books.Tasks {
		charged += task.Charged
	}
	if want := items - s.failed + s.replaced; charged != want {
		s.t.Errorf("%d pictures are charged, want %d", charged, want)
	}
	for _, v := range books.Violations {
		s.t.Errorf("violation: %+v", v)
	}
	for _, rec := range s.finals {
		if rec.Phase == state.Done {
			s.checkPicture(rec)
		}
	}
	for _, h := range s.heldSeen {
		s.t.Errorf("held: %s", h)
	}
	s.checkCanary()
}

// checkCanary looks for the key and for signed queries in every byte on the disk (failure mode H17).
func (s *sim) checkCanary() {
	for _, name := range s.disk.Files() {
		b, _ := s.disk.Content(name)
		for _, secret := range []string{canary, "Signature=", "OSSAccessKeyId"} {
			if strings.Contains(string(b), secret) {
				s.t.Errorf("%s holds %q", name, secret)
			}
		}
	}
}

// story tells what the service saw.
func (s *sim) story() string {
	var b strings.Builder
	for _, t := range s.server.Books().Tasks {
		fmt.Fprintf(&b, "%s %s %q %s %s..%s charged %d\n", t.ID[:8], t.Status, t.Prompt, t.Size, t.Submitted.Format(time.TimeOnly), t.Ended.Format(time.TimeOnly), t.Charged)
	}
	content, _ := s.disk.Content(state.FileName)
	return b.String() + string(content)
}

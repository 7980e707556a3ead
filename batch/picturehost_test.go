package batch

import (
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/qwenbatch/qwenbatch/batch/state"
	"github.com/qwenbatch/qwenbatch/client"
	"github.com/qwenbatch/qwenbatch/client/emulator"
)

// sixty is a sheet of 60 rows.
func sixty() string {
	var b strings.Builder
	b.WriteString("id,prompt\n")
	for i := range 60 {
		fmt.Fprintf(&b, "%d,picture %d\n", i, i)
	}
	return b.String()
}

// refusals are the ways in which pictures cannot be fetched while the API answers.
func refusals() map[string]func(*scene) {
	image := func(f emulator.Fault) func(*scene) {
		return func(s *scene) { s.fault = at("image", 0, f) }
	}
	dial := func(err error) func(*scene) {
		return func(s *scene) {
			s.unplugged = func(host string) error {
				if host == "pictures.test" {
					return err
				}
				return nil
			}
		}
	}
	return map[string]func(*scene){
		"403":     image(emulator.Fault{Code: "AccessDenied"}),
		"404":     image(emulator.Fault{Gone: true}),
		"503":     image(emulator.Fault{Status: 503}),
		"hang":    image(emulator.Fault{Hang: true}),
		"garbage": image(emulator.Fault{Garbage: true}),
		"proxy":   dial(errors.New("Forbidden")), // what net/http says of a CONNECT that is denied
		"dns":     dial(&net.DNSError{Err: "no such host", Name: "pictures.test", IsNotFound: true}),
		"tls":     dial(x509.UnknownAuthorityError{}),
		"private": dial(fmt.Errorf("%w: 10.0.0.1", client.ErrPrivateHost)),
	}
}

// back opens the way to the pictures again.
func (s *scene) back() { s.fault, s.unplugged = nil, nil }

// wantMoney wants what is shown as paid to be what was charged.
func (s *scene) wantMoney() {
	s.t.Helper()
	b, closed := s.open()
	defer closed()
	p, err := b.Plan()
	if want := client.Money(s.server.Books().Charges) * 200_000; err != nil || p.Spent != want {
		s.t.Errorf("%v paid, %v, want %v", p.Spent, err, want)
	}
}

// TestT7T8T9PictureHostRefuses closes the host of the pictures: after a few that nobody can fetch nothing more is bought, the
// run ends and says why, and the money is right. With the host open again the same command fetches what waits, and goes on.
func TestT7T8T9PictureHostRefuses(t *testing.T) {
	for name, refuse := range refusals() {
		t.Run(name, func(t *testing.T) {
			play(t, sixty(), emulator.Options{}, func(s *scene) {
				refuse(s)
				begun := time.Now()
				err := s.start()
				var host *PictureHostError
				if !errors.As(err, &host) || host.Host != "pictures.test" || host.Cause == nil {
					t.Fatalf("Run = %v, want a PictureHostError", err)
				}
				bought := s.posts()
				if bought > 20 || host.Waiting != bought {
					t.Errorf("%d bought, and %d said to wait, before the run ended", bought, host.Waiting)
				}
				if took := time.Since(begun); took < 10*time.Minute || took > 15*time.Minute {
					t.Errorf("the run took %v", took)
				}
				for prompt, rec := range s.records() {
					if rec.Phase != state.Open && rec.Phase != state.Ready {
						t.Errorf("%q is %s (%s)", prompt, rec.Phase, rec.Message)
					}
				}
				s.wantMoney()
				if err := s.start(); !errors.As(err, &host) || s.posts() != bought {
					t.Errorf("the next run = %v with %d submissions more, want none", err, s.posts()-bought)
				}
				s.back()
				s.ends()
				s.wantPosts(60)
				s.wantPaidOnce(60)
				s.wantMoney()
			})
		})
	}
}

// TestT7ProbesAreFew wants a host that refuses to be tried in growing pauses, one picture at a time, and the first that comes
// to let all others through at once.
func TestT7ProbesAreFew(t *testing.T) {
	play(t, sixty(), emulator.Options{}, func(s *scene) {
		begun := time.Now()
		back := begun.Add(8 * time.Minute)
		tries := 0
		var first time.Time
		s.fault = func(c emulator.Call) emulator.Fault {
			if c.Op == "image" && time.Now().Before(back) {
				tries++
				return emulator.Fault{Code: "AccessDenied"}
			}
			if c.Op == "submit" && time.Now().After(back) && first.IsZero() {
				first = time.Now()
			}
			return emulator.Fault{}
		}
		s.ends()
		s.wantPosts(60)
		s.wantPaidOnce(60)
		if tries > 40 {
			t.Errorf("%d tries in 8 minutes, want a few in growing pauses", tries)
		}
		if late := first.Sub(back); late > 70*time.Second {
			t.Errorf("the first submission came %v after the host was there again", late)
		}
	})
}

// TestT9FetchesOneFirst wants a run after one that could not fetch to try one picture before it fetches all and buys others.
func TestT9FetchesOneFirst(t *testing.T) {
	play(t, sixty(), emulator.Options{}, func(s *scene) {
		refusals()["403"](s)
		s.start()
		var order []string
		s.fault = func(c emulator.Call) emulator.Fault {
			if c.Op == "image" || c.Op == "submit" {
				order = append(order, c.Op)
			}
			return emulator.Fault{Delay: map[bool]time.Duration{true: 5 * time.Second}[c.Op == "image"]}
		}
		s.ends()
		if len(order) < 2 || order[0] != "image" {
			t.Errorf("the run began with %q", order[:min(3, len(order))])
		}
		s.wantPosts(60)
		s.wantPaidOnce(60)
	})
}

// TestT10KilledWhileTheHostRefuses kills the run at many moments: what is paid and what waits is known all the same.
func TestT10KilledWhileTheHostRefuses(t *testing.T) {
	for _, after := range []time.Duration{40 * time.Second, 90 * time.Second, 5 * time.Minute, 9 * time.Minute} {
		play(t, sixty(), emulator.Options{}, func(s *scene) {
			refusals()["dns"](s)
			s.startUnder(s.stopAfter(after))
			if after > 2*time.Minute { // when all that was bought has been tried
				s.wantMoney()
			}
			s.back()
			s.ends()
			s.wantPosts(60)
			s.wantPaidOnce(60)
		})
	}
}

// TestT11OneSynchronousPicture refuses the pictures of a sheet so short that the host does not count as refusing: one of a model
// without tasks is waited for all the same, since no other run can fetch it.
func TestT11OneSynchronousPicture(t *testing.T) {
	play(t, "id,prompt,model\na,one,qwen-image-max\nb,two,qwen-image-plus\n", emulator.Options{}, func(s *scene) {
		back := time.Now().Add(2 * time.Hour)
		s.fault = func(c emulator.Call) emulator.Fault {
			if c.Op == "image" && time.Now().Before(back) {
				return emulator.Fault{Status: 403, Code: "AccessDenied"}
			}
			return emulator.Fault{}
		}
		s.ends()
		s.wantPaidOnce(2)
	})
}

// TestT11SynchronousPictures cannot be fetched by another run, so this one waits for them as long as they are kept.
func TestT11SynchronousPictures(t *testing.T) {
	sheet := "id,prompt,model\na,one,qwen-image-max\nb,two,qwen-image-max\nc,three,qwen-image-max\nd,four,qwen-image-max\ne,five,qwen-image-max\n"
	play(t, sheet, emulator.Options{}, func(s *scene) {
		back := time.Now().Add(5 * time.Hour)
		s.fault = func(c emulator.Call) emulator.Fault {
			if c.Op == "image" && time.Now().Before(back) {
				return emulator.Fault{Code: "AccessDenied"}
			}
			return emulator.Fault{}
		}
		s.ends()
		s.wantPaidOnce(5)
	})
	play(t, sheet, emulator.Options{}, func(s *scene) {
		refusals()["403"](s)
		var host *PictureHostError
		if err := s.start(); !errors.As(err, &host) {
			t.Errorf("Run = %v, want a PictureHostError", err)
		}
		helds := 0
		for _, rec := range s.records() {
			if rec.Phase == state.Held {
				helds++
			}
		}
		if s.posts() > 4 || helds != s.posts() {
			t.Errorf("%d bought, %d held", s.posts(), helds)
		}
	})
}

package batch

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/qwenbatch/qwenbatch/client"
	"github.com/qwenbatch/qwenbatch/client/emulator"
)

// audit joins the account's list with the state file.
func (s *scene) audit() Audit {
	s.t.Helper()
	c, err := client.New(client.Config{BaseURL: "http://api.test/api/v1", Key: client.NewKey(canary), Dial: s.net.Dial, Insecure: true})
	if err != nil {
		s.t.Fatal(err)
	}
	defer c.Close()
	b, closed := s.open()
	defer closed()
	a, err := b.Audit(s.t.Context(), c)
	if err != nil {
		s.t.Fatalf("Audit = %v", err)
	}
	if want := client.Money(s.server.Books().Charges) * 200_000; a.Charged != want {
		s.t.Errorf("the audit finds charges of %s, the account has %s", a.Charged, want)
	}
	return a
}

// verdicts are an audit's rows in short, sorted.
func verdicts(a Audit) string {
	var all []string
	for _, row := range a.Rows {
		all = append(all, strings.Join([]string{row.Verdict, row.Item, string(row.Status), row.Cost.String()}, " "))
	}
	slices.Sort(all)
	return strings.Join(all, "\n")
}

// TestAuditFindsEveryCharge has a task of every kind in the account: what the audit counts is what was charged, and what still
// runs or may not be asked for is nobody's yet.
func TestAuditFindsEveryCharge(t *testing.T) {
	play(t, "id,prompt\na,a red cat\nb,a blue dog\nc,a bird\nd,a fish\n", emulator.Options{NoQuota: true}, func(s *scene) {
		held3(s)
		forbidden := at("list", 0, emulator.Fault{Status: 403, Code: "AccessDenied"}) // else it would be found
		s.fault = forbidden
		s.retype("id,prompt\na,a red cat\nb,a green dog\nc,a bird\nd,a fish\n")
		s.ends() // b is made anew
		s.fault = func(c emulator.Call) emulator.Fault {
			if c.Op == "query" {
				return emulator.Fault{NoResults: true}
			}
			return forbidden(c)
		}
		s.drop("images/d")
		s.retype("id,prompt\na,a red cat\nb,a green dog\nc,a bird\nd,a whale\n")
		s.ends() // d cannot be fetched
		s.fault = nil
		if err := s.resolve(Resolution{Abandon: true}, "d"); err != nil {
			t.Fatal(err)
		}
		s.otherProgram("a stranger")
		s.otherProgram("a bird")
		time.Sleep(time.Minute)
		s.otherProgram("[[pending:10m]] a bird")
		s.fault = func(c emulator.Call) emulator.Fault {
			if c.Op == "query" && c.Prompt == "a stranger" {
				return emulator.Fault{Status: 403, Code: "AccessDenied"}
			}
			return emulator.Fault{}
		}
		time.Sleep(time.Second)
		a := s.audit()
		want := strings.Join([]string{"abandoned d SUCCEEDED 0.20", "duplicate a SUCCEEDED 0.20", "duplicate c SUCCEEDED 0.20", "held a  0.20",
			"saved b SUCCEEDED 0.20", "saved c SUCCEEDED 0.20", "superseded b SUCCEEDED 0.20", "superseded d SUCCEEDED 0.20",
			"untold  PENDING 0.20", "untold  SUCCEEDED 0.20"}, "\n")
		if got := verdicts(a); got != want {
			t.Errorf("the rows are\n%s\nwant\n%s", got, want)
		}
	})
}

// TestAuditNamesItemsAsTheSheetDoes swaps the ids of two rows: what the audit advises is done by these names.
func TestAuditNamesItemsAsTheSheetDoes(t *testing.T) {
	play(t, three, emulator.Options{}, func(s *scene) {
		held3(s)
		time.Sleep(time.Minute) // its task may run behind the others
		s.retype("id,prompt\nb,a red cat\na,a blue dog\nc,a bird\n")
		if got := verdicts(s.audit()); !strings.Contains(got, "held b") || !strings.Contains(got, "duplicate b") || !strings.Contains(got, "saved a") {
			t.Errorf("the rows are\n%s", got)
		}
	})
}

// TestResolveKeepsTheOlderTask adopts another task for an item whose own picture is gone: its own task stays known.
func TestResolveKeepsTheOlderTask(t *testing.T) {
	play(t, "id,prompt\na,a red cat\n", emulator.Options{}, func(s *scene) {
		s.fault = at("query", 0, emulator.Fault{NoResults: true})
		s.ends()
		s.fault = nil
		s.otherProgram("a red cat")
		tasks := s.server.Books().Tasks
		if err := s.resolve(Resolution{Adopt: tasks[1].ID}, "a"); err != nil {
			t.Fatal(err)
		}
		s.ends()
		if got, want := verdicts(s.audit()), "saved a SUCCEEDED 0.20\nsuperseded a SUCCEEDED 0.20"; got != want {
			t.Errorf("the rows are\n%s\nwant\n%s", got, want)
		}
	})
}

// TestT13AuditShowsItsOwnTasks audits a batch whose pictures cannot be fetched, and one with a held item whose task is there: each
// item's own task stands with its status, also where the list does not show it.
func TestT13AuditShowsItsOwnTasks(t *testing.T) {
	play(t, three, emulator.Options{}, func(s *scene) {
		refusals()["dns"](s)
		s.start()
		for _, hidden := range []bool{false, true} {
			if hidden {
				s.fault = at("list", 0, emulator.Fault{LagList: 48 * time.Hour})
			}
			want := "open a SUCCEEDED 0.20\nopen b SUCCEEDED 0.20\nopen c SUCCEEDED 0.20"
			if got := verdicts(s.audit()); got != want {
				t.Errorf("list hidden %v: the rows are\n%s\nwant\n%s", hidden, got, want)
			}
		}
	})
	play(t, "id,prompt\na,a red cat\n", emulator.Options{}, func(s *scene) {
		s.fault = at("query", 0, emulator.Fault{NoResults: true})
		s.ends()
		s.back()
		if got, want := verdicts(s.audit()), "held a SUCCEEDED 0.20"; got != want {
			t.Errorf("the rows are\n%s\nwant\n%s", got, want)
		}
		task := s.records()["a red cat"].Task
		if err := s.resolve(Resolution{Adopt: task}, "a"); err != nil { // as the audit offers
			t.Fatal(err)
		}
		s.ends()
		s.wantPaidOnce(1)
		s.wantMoney()
	})
}

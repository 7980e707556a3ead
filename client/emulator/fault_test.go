package emulator

import (
	"bytes"
	"context"
	"hash/crc64"
	"image/png"
	"net/http"
	"os"
	"path/filepath"
	"reflect"
	"strconv"
	"strings"
	"testing"
	"time"
)

// faulty has one fault for the first call of an operation.
func faulty(op string, f Fault) Options {
	o := exact()
	o.Fault = func(c Call) Fault {
		if c.Op == op && c.N == 1 {
			return f
		}
		return Fault{}
	}
	return o
}

const askPlus = `{"model":"qwen-image-plus","input":{"prompt":"a cat"},"parameters":{"prompt_extend":false,"seed":7,"size":"1328*1328"}}`

func TestSubmissionFaults(t *testing.T) {
	for _, c := range []struct {
		name            string
		fault           Fault
		status          int // 0: no answer
		code            string
		created, charge int
	}{
		{"none", Fault{}, 200, "", 1, 1},
		{"lost request", Fault{LoseRequest: true}, 0, "", 0, 0},
		{"lost request by reset", Fault{LoseRequest: true, Reset: true}, 0, "", 0, 0},
		{"lost answer", Fault{LoseAnswer: true}, 0, "", 1, 1},
		{"reset", Fault{Reset: true}, 0, "", 1, 1},
		{"refused", Fault{Code: "InternalError"}, 500, "InternalError", 0, 0},
		{"refused with a status", Fault{Code: "X", Status: 418, Message: "tea"}, 418, "X", 0, 0},
		{"gateway", Fault{Status: 502}, 502, "", 0, 0},
		{"gateway afterwards", Fault{Status: 504, DoneFirst: true}, 504, "", 1, 1},
		{"error afterwards", Fault{Code: "InternalError", DoneFirst: true}, 500, "InternalError", 1, 1},
		{"garbage", Fault{Garbage: true}, 200, "", 1, 1},
		{"truncated", Fault{Truncate: true}, 200, "", 1, 1},
		{"delayed", Fault{Delay: 9 * time.Second}, 200, "", 1, 1},
		{"dripping", Fault{Drip: time.Millisecond}, 200, "", 1, 1},
		{"failing", Fault{FailCode: "InternalError.Algo"}, 200, "", 1, 0},
	} {
		bubble(t, faulty(opSubmit, c.fault), func(t *testing.T, r *rig) {
			start := time.Now()
			a := r.ask("POST", pathA1, askPlus, async)
			if a.status != c.status || (c.status == 0) != (a.err != nil && a.header == nil) {
				t.Errorf("%s: %d %q %v, want %d", c.name, a.status, a.body, a.err, c.status)
			}
			if c.code != "" && text(t, a, "code") != c.code {
				t.Errorf("%s: %s, want %s", c.name, a.body, c.code)
			}
			if d := time.Since(start); d != c.fault.Delay+c.fault.Drip*time.Duration(len(a.body)) {
				t.Errorf("%s: took %v", c.name, d)
			}
			if c.fault.Truncate && (a.err == nil || len(a.body) == 0) {
				t.Errorf("truncated: %q %v, want a part and an error", a.body, a.err)
			}
			time.Sleep(time.Minute)
			b := r.s.Books()
			if b.Submissions.Created != c.created || b.Charges != c.charge || b.Submissions.Seen != 1 {
				t.Errorf("%s: %d seen, %d created, %d charged, want 1, %d, %d", c.name, b.Submissions.Seen, b.Submissions.Created, b.Charges, c.created, c.charge)
			}
			if lost := b.Lost; (lost == 1) != c.fault.LoseRequest {
				t.Errorf("%s: %d lost", c.name, lost)
			}
		})
	}
}

func TestHangEndsWithTheClient(t *testing.T) {
	bubble(t, faulty(opSubmit, Fault{Hang: true}), func(t *testing.T, r *rig) {
		ctx, stop := context.WithTimeout(t.Context(), time.Hour)
		defer stop()
		req, _ := http.NewRequestWithContext(ctx, "POST", "http://api"+pathA1, strings.NewReader(askPlus))
		start := time.Now()
		if a := r.do(req); a.err == nil || time.Since(start) != time.Hour {
			t.Errorf("hung call: %v after %v, want an error after an hour", a.err, time.Since(start))
		}
		if b := r.s.Books(); b.Submissions.Created != 0 || b.Lost != 1 {
			t.Errorf("books: %+v", b)
		}
	})
}

func TestLateTask(t *testing.T) {
	bubble(t, faulty(opSubmit, Fault{Late: 20 * time.Second, LoseAnswer: true}), func(t *testing.T, r *rig) {
		r.ask("POST", pathA1, askPlus, async)
		id := r.s.Books().Tasks[0].ID
		rows := func() any { return at(tree(t, r.ask("GET", "/api/v1/tasks", "").body), "data", "0", "task_id") }
		time.Sleep(19 * time.Second)
		if got := rows(); got != nil || r.status(id) != unknown {
			t.Errorf("before its time: list has %v, query says %s", got, r.status(id))
		}
		time.Sleep(2 * time.Second)
		if got := rows(); got != id || r.status(id) != running {
			t.Errorf("after its time: list has %v, query says %s", got, r.status(id))
		}
	})
}

func TestQueryFaults(t *testing.T) {
	for _, c := range []struct {
		name  string
		fault Fault
		want  func(body string, id string) bool
	}{
		{"unknown", Fault{Unknown: true}, func(b, id string) bool { return strings.Contains(b, `"UNKNOWN"`) && strings.Contains(b, id) }},
		{"wrong task", Fault{WrongTask: true}, func(b, id string) bool { return strings.Contains(b, `"SUCCEEDED"`) && !strings.Contains(b, id) }},
		{"status", Fault{TaskStatus: "SUSPENDED"}, func(b, id string) bool { return strings.Contains(b, `"SUSPENDED"`) }},
		{"no results", Fault{NoResults: true}, func(b, id string) bool {
			return strings.Contains(b, `"SUCCEEDED"`) && !strings.Contains(b, "results")
		}},
		{"garbage", Fault{Garbage: true}, func(b, id string) bool { return strings.HasPrefix(b, "<html>") }},
	} {
		bubble(t, faulty(opQuery, c.fault), func(t *testing.T, r *rig) {
			id := r.submit("a cat")
			time.Sleep(time.Minute)
			if a := r.ask("GET", "/api/v1/tasks/"+id, ""); a.status != 200 || !c.want(string(a.body), id) {
				t.Errorf("%s: %d %s", c.name, a.status, a.body)
			}
			if got := r.status(id); got != succeeded {
				t.Errorf("%s: then %s", c.name, got)
			}
		})
	}
}

func TestListFaults(t *testing.T) {
	ids := func(r *rig) (ids []any) {
		for _, row := range at(tree(r.t, r.ask("GET", "/api/v1/tasks", "").body), "data").([]any) {
			ids = append(ids, at(row, "task_id"))
		}
		return ids
	}
	for _, c := range []struct {
		fault Fault
		rows  int
	}{{Fault{LagList: 5 * time.Second}, 5}, {Fault{OmitRow: true}, 7}, {Fault{ShuffleList: true}, 8}} {
		bubble(t, faulty(opList, c.fault), func(t *testing.T, r *rig) {
			for range 8 {
				r.submit("a cat")
				time.Sleep(1250 * time.Millisecond)
			}
			first, second := ids(r), ids(r)
			if len(first) != c.rows || len(second) != 8 {
				t.Errorf("%+v: %d rows, want %d, then %d, want 8", c.fault, len(first), c.rows, len(second))
			}
			if c.fault.ShuffleList && first[0] == second[0] && first[1] == second[1] && first[2] == second[2] {
				t.Errorf("shuffled list begins like the true one: %v", first)
			}
		})
	}
}

func TestPictureFaults(t *testing.T) {
	crc := func(a reply) bool {
		return strconv.FormatUint(crc64.Checksum(a.body, crc64.MakeTable(crc64.ECMA)), 10) == a.header.Get("X-Oss-Hash-Crc64ecma")
	}
	whole := func(a reply) bool {
		m, err := png.Decode(bytes.NewReader(a.body))
		return err == nil && m.Bounds().Dx() == 1328
	}
	for _, c := range []struct {
		name  string
		fault Fault
		want  func(a reply) bool
	}{
		{"none", Fault{}, func(a reply) bool { return a.status == 200 && whole(a) && crc(a) }},
		{"truncated", Fault{Truncate: true}, func(a reply) bool { return a.status == 200 && a.err != nil && len(a.body) > 0 && !whole(a) }},
		{"flipped", Fault{FlipByte: true}, func(a reply) bool { return a.status == 200 && !whole(a) && !crc(a) }},
		{"wrong checksum", Fault{BadCRC: true}, func(a reply) bool { return a.status == 200 && whole(a) && !crc(a) }},
		{"no checksum", Fault{NoCRC: true}, func(a reply) bool { return whole(a) && a.header.Get("X-Oss-Hash-Crc64ecma") == "" }},
		{"wrong size", Fault{WrongSize: true}, func(a reply) bool {
			m, err := png.DecodeConfig(bytes.NewReader(a.body))
			return err == nil && m.Width == 664 && m.Height == 664 && crc(a)
		}},
		{"expired", Fault{ExpireURL: true}, func(a reply) bool { return a.status == 403 && bytes.Contains(a.body, []byte("Request has expired.")) }},
		{"gone", Fault{Gone: true}, func(a reply) bool {
			return a.status == 404 && bytes.Contains(a.body, []byte("<Code>NoSuchKey</Code>"))
		}},
		{"error", Fault{Code: "InternalError", Status: 503}, func(a reply) bool {
			return a.status == 503 && bytes.Contains(a.body, []byte("<Code>InternalError</Code>"))
		}},
		{"page", Fault{Garbage: true}, func(a reply) bool { return a.status == 200 && bytes.HasPrefix(a.body, []byte("<html>")) }},
		{"lost", Fault{LoseAnswer: true}, func(a reply) bool { return a.err != nil }},
	} {
		bubble(t, faulty(opImage, c.fault), func(t *testing.T, r *rig) {
			id := r.submit("a cat")
			time.Sleep(time.Minute)
			url := r.picture(id)
			if a := r.fetch(url); !c.want(a) {
				t.Errorf("%s: %d %v %.200q", c.name, a.status, a.err, a.body)
			}
			if a := r.fetch(url); !whole(a) || !crc(a) {
				t.Errorf("%s: then %d %v", c.name, a.status, a.err)
			}
		})
	}
}

func TestQueryMayTellExpiredURLs(t *testing.T) {
	bubble(t, faulty(opQuery, Fault{ExpireURL: true}), func(t *testing.T, r *rig) {
		id := r.submit("a cat")
		time.Sleep(time.Minute)
		if a := r.fetch(r.picture(id)); a.status != 403 {
			t.Errorf("first URL: %d, want 403", a.status)
		}
		if a := r.fetch(r.picture(id)); a.status != 200 {
			t.Errorf("fresh URL: %d %s, want 200", a.status, a.body)
		}
	})
}

func TestParseFaults(t *testing.T) {
	f, err := ParseFaults("submit.lose-answer=0.25, delay:3s=0.5,fail=0", 1)
	if err != nil {
		t.Fatal(err)
	}
	lost, late := 0, 0
	for n := range 4000 {
		c := Call{Op: opSubmit, N: n}
		got := f(c)
		if got != f(c) {
			t.Fatal("the same call has two faults")
		}
		if got.LoseAnswer {
			lost++
		}
		if got.Delay == 3*time.Second {
			late++
		}
		if got.FailCode != "" || f(Call{Op: opList, N: n}).LoseAnswer {
			t.Fatal("a fault that was not asked for")
		}
	}
	if lost < 900 || lost > 1100 || late < 1850 || late > 2150 {
		t.Errorf("%d and %d of 4000, want about 1000 and 2000", lost, late)
	}
	some, err := ParseFaults("image.gone=1@5-30,hang=1@7", 1)
	for n, want := range map[int]Fault{4: {}, 5: {Gone: true}, 7: {Gone: true, Hang: true}, 30: {Gone: true}, 31: {}} {
		if err != nil || some(Call{Op: opImage, N: n}) != want {
			t.Errorf("picture %d has the fault %+v, want %+v (%v)", n, some(Call{Op: opImage, N: n}), want, err)
		}
	}
	other, _ := ParseFaults("lose-answer=0.5", 2)
	same := 0
	one, _ := ParseFaults("lose-answer=0.5", 1)
	for n := range 100 {
		if one(Call{Op: opSubmit, N: n}) == other(Call{Op: opSubmit, N: n}) {
			same++
		}
	}
	if same == 100 {
		t.Error("the seed makes no difference")
	}
}

func TestParseFaultScript(t *testing.T) {
	file := filepath.Join(t.TempDir(), "faults")
	if err := os.WriteFile(file, []byte("# what goes wrong\nsubmit 2 lose-answer\nquery * task-status:ODD # always\n\nlist 1 lag-list:7s\nimage 3-4 gone\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	f, err := ParseFaults(file, 1)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		call Call
		want Fault
	}{
		{Call{Op: opSubmit, N: 1}, Fault{}}, {Call{Op: opSubmit, N: 2}, Fault{LoseAnswer: true}}, {Call{Op: opSync, N: 2}, Fault{}},
		{Call{Op: opQuery, N: 9}, Fault{TaskStatus: "ODD"}}, {Call{Op: opList, N: 1}, Fault{LagList: 7 * time.Second}},
		{Call{Op: opImage, N: 2}, Fault{}}, {Call{Op: opImage, N: 3}, Fault{Gone: true}}, {Call{Op: opImage, N: 4}, Fault{Gone: true}}, {Call{Op: opImage, N: 5}, Fault{}},
	} {
		if got := f(c.call); got != c.want {
			t.Errorf("%+v: %+v, want %+v", c.call, got, c.want)
		}
	}
}

func TestParseFaultsRefuses(t *testing.T) {
	bad := filepath.Join(t.TempDir(), "faults")
	os.WriteFile(bad, []byte("submit 1 hang\nsubmit x hang\n"), 0o600)
	for spec, want := range map[string]string{
		"nonsense=1": "nonsense", "hang=2": "probability", "hang=x": "probability", "hang=-1": "probability", "hang=NaN": "probability",
		"delay:soon=1": "delay", "hang:1=1": "colon", "submit.wrong-size=1": "wrong-size", "nofile": "nofile", bad: ":2:", "status:99=1": "99", "hang=1@2-1": "2-1", "hang=1@x": "ordinal",
	} {
		if _, err := ParseFaults(spec, 1); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("ParseFaults(%q) = %v, want something about %q", spec, err, want)
		}
	}
	if f, err := ParseFaults("", 1); err != nil || f(Call{Op: opSubmit, N: 1}) != (Fault{}) {
		t.Errorf("the empty spec: %v", err)
	}
}

// TestEveryFaultHasAName fails when a field of Fault cannot be set by a spec, Message aside.
func TestEveryFaultHasAName(t *testing.T) {
	var all Fault
	for _, n := range faultNames() {
		if !strings.HasSuffix(n.help, ".") || n.set(&all, n.arg) != nil {
			t.Errorf("fault %s: %q", n.name, n.help)
		}
	}
	all.Message = "x"
	for i, v := 0, reflect.ValueOf(all); i < v.NumField(); i++ {
		if v.Field(i).IsZero() {
			t.Errorf("no name sets Fault.%s", v.Type().Field(i).Name)
		}
	}
	if got := FaultNames(); len(got) != len(faultNames()) || !strings.HasPrefix(got[0], "lose-request: ") {
		t.Errorf("FaultNames() = %q", got)
	}
}

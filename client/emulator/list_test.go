package emulator

import (
	"encoding/json"
	"fmt"
	"slices"
	"testing"
	"time"
)

// listed is an answer of the list, as far as the tests look at it.
type listed struct {
	Total, Pages, Page, Size int
	IDs                      []string
	Created                  []int64
}

func (r *rig) list(query string) listed {
	r.t.Helper()
	a := r.ask("GET", "/api/v1/tasks"+query, "")
	var w struct {
		Total     int
		TotalPage int `json:"total_page"`
		PageNo    int `json:"page_no"`
		PageSize  int `json:"page_size"`
		Data      []struct {
			TaskID    string `json:"task_id"`
			GmtCreate int64  `json:"gmt_create"`
		}
	}
	if err := json.Unmarshal(a.body, &w); err != nil || a.status != 200 {
		r.t.Fatalf("list %s: %d %s", query, a.status, a.body)
	}
	l := listed{Total: w.Total, Pages: w.TotalPage, Page: w.PageNo, Size: w.PageSize}
	for _, d := range w.Data {
		l.IDs, l.Created = append(l.IDs, d.TaskID), append(l.Created, d.GmtCreate)
	}
	return l
}

func TestListPages(t *testing.T) {
	bubble(t, exact(), func(t *testing.T, r *rig) {
		var ids []string
		for i := range 23 {
			ids = append(ids, r.submit(fmt.Sprint("cat ", i)))
			time.Sleep(time.Second)
		}
		var got []string
		for page := 1; page <= 4; page++ {
			l := r.list(fmt.Sprintf("?page_no=%d&page_size=7", page))
			if l.Total != 23 || l.Pages != 4 || l.Page != page || l.Size != 7 {
				t.Errorf("page %d: %+v", page, l)
			}
			got = append(got, l.IDs...)
		}
		for i, id := range got {
			if want := ids[22-i]; id != want {
				t.Errorf("row %d: %s, want %s: newest first", i, id, want)
			}
		}
		if l := r.list("?page_no=5&page_size=7"); len(got) != 23 || len(l.IDs) != 0 {
			t.Errorf("%d rows in all and %d after the end, want 23 and 0", len(got), len(l.IDs))
		}
		if l := r.list(""); len(l.IDs) != 10 || l.Size != 10 || l.Pages != 3 {
			t.Errorf("no parameters: %+v", l)
		}
		if l := r.list("?page_size=1000"); len(l.IDs) != 23 || l.Size != maxPage {
			t.Errorf("a page of 1000: %+v", l)
		}
	})
}

func TestListFilters(t *testing.T) {
	bubble(t, exact(), func(t *testing.T, r *rig) {
		done := r.submit("done")
		time.Sleep(90 * time.Second)
		failing := r.submit("[[fail:InternalError]]")
		time.Sleep(90 * time.Second)
		waiting := r.submit("[[pending:1h]]")
		wan := text(t, r.ask("POST", pathA1, `{"model":"wanx2.1-t2i-turbo","input":{"prompt":"x"}}`, async, "Authorization: Bearer "+testKey), "output", "task_id")
		time.Sleep(time.Second)
		local := func(d time.Duration) string { return r.s.Now().Add(d).In(beijing).Format("20060102150405") }
		keyID := keyID(fingerprint(testKey))
		for query, want := range map[string][]string{
			"":                                     {wan, waiting, failing, done},
			"?status=SUCCEEDED":                    {done},
			"?status=FAILED":                       {failing},
			"?status=PENDING":                      {waiting},
			"?status=RUNNING":                      {wan},
			"?status=CANCELED":                     nil,
			"?model_name=qwen-image":               nil,
			"?model_name=wanx2.1-t2i-turbo":        {wan},
			"?task_id=" + failing:                  {failing},
			"?task_id=none":                        nil,
			"?region=cn-beijing":                   {wan, waiting, failing, done},
			"?region=ap-southeast-1":               nil,
			"?api_key_id=" + keyID:                 {wan, waiting, failing, done},
			"?api_key_id=1":                        nil,
			"?start_time=" + local(-2*time.Minute): {wan, waiting, failing},
			"?end_time=" + local(-2*time.Minute):   {done},
			"?start_time=" + local(-2*time.Minute) + "&end_time=" + local(-time.Minute): {failing},
			"?start_time=" + local(-23*time.Hour) + "&end_time=" + local(time.Hour):     {wan, waiting, failing, done},
			"?start_time=" + local(-48*time.Hour):                                       nil,
		} {
			if got := r.list(query); fmt.Sprint(got.IDs) != fmt.Sprint(want) {
				t.Errorf("list %s: %v, want %v", query, got.IDs, want)
			}
			time.Sleep(time.Second / 16)
		}
		for _, query := range []string{
			"?start_time=" + local(-25*time.Hour) + "&end_time=" + local(0), "?start_time=" + local(0) + "&end_time=" + local(-time.Hour),
			"?start_time=yesterday", "?page_no=0", "?page_no=x", "?page_size=-1",
		} {
			time.Sleep(time.Second / 16)
			if a := r.ask("GET", "/api/v1/tasks"+query, ""); a.status != 400 || text(t, a, "code") != "InvalidParameter" {
				t.Errorf("list %s: %d %s, want 400", query, a.status, a.body)
			}
		}
		time.Sleep(24 * time.Hour)
		if l := r.list(""); l.Total != 0 {
			t.Errorf("a day later the list has %d", l.Total)
		}
	})
}

func TestListRowsByState(t *testing.T) {
	bubble(t, exact(), func(t *testing.T, r *rig) {
		r.submit("x")
		has := func(want ...bool) {
			t.Helper()
			row := at(tree(t, r.ask("GET", "/api/v1/tasks", "").body), "data", "0")
			if start, end := at(row, "start_time") != nil, at(row, "end_time") != nil; start != want[0] || end != want[1] {
				t.Errorf("%v: start %v, end %v, want %v", at(row, "status"), start, end, want)
			}
		}
		has(false, false)
		time.Sleep(time.Second)
		has(true, false)
		time.Sleep(10 * time.Second)
		has(true, true)
	})
}

func TestListNeedsAKeyAndCounts(t *testing.T) {
	bubble(t, exact(), func(t *testing.T, r *rig) {
		if a := r.ask("GET", "/api/v1/tasks", "", "Authorization:"); a.status != 401 {
			t.Errorf("no key: %d", a.status)
		}
		r.list("")
		if b := r.s.Books(); b.Lists != 2 || b.Refusals["InvalidApiKey"] != 1 {
			t.Errorf("books: %d lists, refusals %v", b.Lists, b.Refusals)
		}
	})
}

// TestListsThatAreNotTheWorld shows times that are ahead of the Date header, a few rows only, and never some tasks: each list
// is whole by its own count.
func TestListsThatAreNotTheWorld(t *testing.T) {
	for spec, want := range map[string]struct {
		rows   int
		offset time.Duration
	}{"list.offset:8h=1": {30, 8 * time.Hour}, "list.offset:-10m=1": {30, -10 * time.Minute}, "list.cap:10=1": {10, 0}, "list.omit:0.2=1": {24, 0}} {
		fault, err := ParseFaults(spec, 1)
		if err != nil {
			t.Fatal(err)
		}
		o := exact()
		o.Fault = fault
		bubble(t, o, func(t *testing.T, r *rig) {
			begun := time.Now()
			for i := range 30 {
				r.submit(fmt.Sprint("cat ", i))
				time.Sleep(time.Second)
			}
			l, again := r.list("?page_size=100"), r.list("?page_size=100")
			if len(l.IDs) != want.rows || l.Total != want.rows || fmt.Sprint(l.IDs) != fmt.Sprint(again.IDs) {
				t.Errorf("%s: %d rows of %d, then %d, want %d of %d", spec, len(l.IDs), l.Total, len(again.IDs), want.rows, want.rows)
			}
			if got := time.UnixMilli(l.Created[0]).Sub(begun).Round(time.Minute); got != want.offset {
				t.Errorf("%s: the newest row is %v from when it was made, want %v", spec, got, want.offset)
			}
		})
	}
}

// TestUnlisted hides the tasks of which Options.Unlisted says so, and tells faults which workspace a call names.
func TestUnlisted(t *testing.T) {
	o := exact()
	var asked []string
	o.Unlisted = func(task *Task) bool { return task.Workspace == "hidden" }
	o.Fault = func(c Call) Fault { asked = append(asked, c.Workspace); return Fault{} }
	bubble(t, o, func(t *testing.T, r *rig) {
		r.ask("POST", pathA1, plusWith(`"n":1,"size":"1328*1328"`), "X-DashScope-WorkSpace: hidden", "X-DashScope-Async: enable")
		id := r.submit("a cat")
		if l := r.list(""); l.Total != 1 || len(l.IDs) != 1 || l.IDs[0] != id {
			t.Errorf("the list shows %v of %d, want only %s", l.IDs, l.Total, id)
		}
		if want := []string{"hidden", "", ""}; !slices.Equal(asked, want) {
			t.Errorf("calls named the workspaces %q, want %q", asked, want)
		}
		if n := len(r.s.Books().Tasks); n != 2 {
			t.Errorf("%d tasks were created, want 2", n)
		}
	})
}

package client

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

// taskID and statusWord say what isTaskID and status go by, in another way.
var (
	taskID     = regexp.MustCompile(`^[A-Za-z0-9-]{1,64}$`)
	statusWord = regexp.MustCompile(`^[A-Za-z_]{1,32}$`)
)

// canned is an answer as send returns it. Fuzzing the network would find only its noise.
func canned(status int, body []byte) answer {
	return answer{status: status, body: body, key: NewKey(canary)}
}

// dirty reports a text that a terminal or a log must not see.
func dirty(s string) bool {
	return !utf8.ValidString(s) || strings.ContainsFunc(s, func(r rune) bool { return unicode.IsControl(r) || unicode.Is(unicode.Cf, r) })
}

func checkTexts(t *testing.T, body []byte, texts ...string) {
	t.Helper()
	for _, s := range texts {
		if dirty(s) || len([]rune(s)) > 700 {
			t.Errorf("%q: a text is %q", body, s)
		}
	}
}

func checkTask(t *testing.T, body []byte, task Task, err error) {
	t.Helper()
	if task.Status == Succeeded && !bytes.Contains(bytes.ToLower(body), []byte("succ")) && !bytes.Contains(body, []byte(`\u`)) {
		t.Errorf("%q: %v, and the answer did not say so", body, task.Status)
	}
	if err != nil && task.ID != "" {
		t.Errorf("%q: task %q beside %v", body, task.ID, err)
	}
	checkTexts(t, body, fmt.Sprint(err), fmt.Sprint(task.Err()), task.ID, task.RequestID, string(task.Status), task.Code, task.Message)
	for _, r := range task.Results {
		checkTexts(t, body, r.Code, r.Message)
	}
	if task.Images < 0 {
		t.Errorf("%q: %d pictures", body, task.Images)
	}
}

func seedBodies(f *testing.F) {
	for _, tt := range tasks {
		f.Add(200, []byte(tt.body))
	}
	for _, body := range []string{good, recordedSync, recordedList, "", "{", "null", `{"code":"X\u001b[0m","message":"a\nb\u202e"}`, `{"output":{"task_id":"1","task_status":"\u0053UCCEEDED","results":[{"message":"\u0000"}]}}`} {
		f.Add(200, []byte(body))
		f.Add(400, []byte(body))
		f.Add(503, []byte(body))
	}
}

// valid keeps a status that net/http hands out: no 1xx.
func valid(status int) int { return 200 + abs(status)%400 }

func abs(n int) int { return max(n, -(n + 1)) }

func FuzzTask(f *testing.F) {
	seedBodies(f)
	f.Fuzz(func(t *testing.T, status int, body []byte) {
		a := canned(valid(status), body)
		for _, id := range []string{aTask, "1"} {
			task, err := a.asked(id)
			if checkTask(t, body, task, err); err == nil && (task.ID != id || task.Status == "") {
				t.Errorf("%q: Task(%s) = %v", body, id, task)
			}
		}
	})
}

func FuzzWords(f *testing.F) {
	for _, s := range []string{"", aTask, "SUCCEEDED", "a\n", "ä", "\xff", "\u202e", " a ", strings.Repeat("a", 32), strings.Repeat("a", 33),
		strings.Repeat("a", 64), strings.Repeat("a", 65), strings.Repeat("ä", 499) + "  a", strings.Repeat("a", 501)} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if isTaskID(s) != taskID.MatchString(s) {
			t.Errorf("isTaskID(%q) = %v", s, isTaskID(s))
		}
		if got := string(status(s)); (got == s) != (s == "" || statusWord.MatchString(s)) || dirty(got) {
			t.Errorf("status(%q) = %q", s, got)
		}
		line := oneLine(s)
		if dirty(line) || utf8.RuneCountInString(line) > longestLine+1 || len(s) <= longestLine && !dirty(s) && line != strings.TrimSpace(s) {
			t.Errorf("oneLine(%q) = %q", s, line)
		}
	})
}

func FuzzList(f *testing.F) {
	seedBodies(f)
	f.Fuzz(func(t *testing.T, status int, body []byte) {
		page, err := canned(valid(status), body).page()
		if checkTexts(t, body, fmt.Sprint(err)); err != nil && len(page.Tasks) > 0 || err == nil && page.Page == 0 {
			t.Errorf("%q: TaskPage = %+v, %v", body, page, err)
		}
		for _, row := range page.Tasks {
			checkTexts(t, body, row.ID, row.RequestID, row.Model, string(row.Status), row.KeyID, row.Region)
			if !taskID.MatchString(row.ID) || row.Created.Year() > 6000 || row.Created.Year() < 1 {
				t.Errorf("%q: row %+v", body, row)
			}
		}
	})
}

func FuzzSubmitAnswer(f *testing.F) {
	seedBodies(f)
	f.Fuzz(func(t *testing.T, status int, body []byte) {
		status = valid(status)
		task, err := canned(status, body).created()
		checkTask(t, body, task, err)
		switch got := class(err); {
		case got == "created" && (status >= 300 || !taskID.MatchString(task.ID) || task.Status == ""):
			t.Errorf("HTTP %d %q: Submit = %v", status, body, task)
		case got == "refused" && (status < 400 || status >= 500):
			t.Errorf("HTTP %d %q: Submit = %v, not created", status, body, err)
		case got != "created" && got != "refused" && got != "in doubt":
			t.Errorf("HTTP %d %q: Submit = %s, %v", status, body, got, err)
		}
		made, err := canned(status, body).generated()
		checkTask(t, body, Task{ID: made.ID, RequestID: made.RequestID, Code: made.Code, Message: made.Message, Results: made.Results}, err)
		if got := class(err); got == "created" && (status >= 300 || len(made.Results) == 0) || got == "other" || got == "not sent" {
			t.Errorf("HTTP %d %q: Generate = %v, %v", status, body, made, err)
		}
	})
}

func FuzzPictureURL(f *testing.F) {
	for _, raw := range []string{"https://a.test/x.png?Signature=%2B%2f&b=1", "http://a.test:80", "file:///etc/passwd", "https://u:p@a.test", "https://[::1]/", "https://[fe80::1%25x]/",
		"https://a.test\r\nX: y", "https://bücher.test", "https://a.test:99999/", "https://%31%32/", "//x", "https://0x7f.1/", "HTTP://A.test/ä b"} {
		f.Add(raw)
	}
	dialed := errors.New("dialed")
	f.Fuzz(func(t *testing.T, raw string) {
		c, _ := New(Config{BaseURL: "https://api.test", Key: NewKey(canary), Dial: refuse(dialed)})
		u, err := c.pictureURL(raw)
		if err != nil {
			checkTexts(t, []byte(raw), err.Error())
			return
		}
		if u.Scheme != "https" || u.User != nil || u.Hostname() == "" || dirty(u.Host) || strings.ContainsAny(u.Host, " \r\n/\\@?#") {
			t.Errorf("pictureURL(%q) = %v", raw, u)
		}
		if _, query, _ := strings.Cut(strings.SplitN(raw, "#", 2)[0], "?"); u.RawQuery != query {
			t.Errorf("pictureURL(%q) has the query %q, want %q", raw, u.RawQuery, query)
		}
		if request, err := http.NewRequest("GET", u.String(), nil); err == nil {
			var sent bytes.Buffer
			if err := request.Write(&sent); err == nil && strings.Count(sent.String(), "\r\n") != 4 {
				t.Errorf("pictureURL(%q) is sent as %q", raw, sent.String())
			}
		}
		if _, err = c.Download(context.Background(), raw); err == nil {
			t.Errorf("Download(%q) = nil", raw)
		}
		checkTexts(t, []byte(raw), fmt.Sprint(err))
	})
}

package emulator

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"
)

// xmlCode reads the code of an error of the picture host.
func xmlCode(t *testing.T, a reply) string {
	t.Helper()
	var e struct{ Code, Message, RequestId, HostId string }
	if err := xml.Unmarshal(a.body, &e); err != nil || e.Message == "" || e.RequestId == "" || a.header.Get("Content-Type") != "application/xml" {
		t.Errorf("not an error of OSS: %v %s", err, a.body)
	}
	return e.Code
}

func TestSignedQueryIsByteExact(t *testing.T) {
	bubble(t, exact(), func(t *testing.T, r *rig) {
		id := r.submit("a cat")
		time.Sleep(time.Minute)
		good := r.picture(id)
		if !strings.HasPrefix(good, "http://pictures.localhost/") || !strings.Contains(good, "%2B") || !strings.Contains(good, "%3D") {
			t.Fatalf("URL %s, want + and = escaped in it", good)
		}
		u, _ := url.Parse(good)
		for name, c := range map[string]struct {
			url    string
			status int
			code   string
		}{
			"as told":            {good, 200, ""},
			"again":              {r.picture(id), 200, ""},
			"reordered":          {"http://" + u.Host + u.Path + "?" + u.Query().Encode() + "&a=1", 403, "SignatureDoesNotMatch"},
			"plus decoded":       {strings.ReplaceAll(good, "%2B", "+"), 403, "SignatureDoesNotMatch"},
			"equals decoded":     {strings.ReplaceAll(good, "%3D", "="), 403, "SignatureDoesNotMatch"},
			"lower-case escapes": {strings.ReplaceAll(good, "%2B", "%2b"), 403, "SignatureDoesNotMatch"},
			"longer life":        {strings.Replace(good, "Expires=", "Expires=1", 1), 403, "SignatureDoesNotMatch"},
			"unsigned":           {"http://" + u.Host + u.Path, 403, "AccessDenied"},
			"other picture":      {strings.Replace(good, "-1.png", "-2.png", 1), 403, "SignatureDoesNotMatch"},
		} {
			a := r.fetch(c.url)
			if a.status != c.status {
				t.Errorf("%s: %d %s, want %d", name, a.status, a.body, c.status)
			} else if c.code != "" && xmlCode(t, a) != c.code {
				t.Errorf("%s: %s, want %s", name, a.body, c.code)
			}
		}
		if task, _ := r.s.Books().Task(id); task.Downloads[0] != 2 {
			t.Errorf("books count %d downloads, want 2", task.Downloads[0])
		}
	})
}

func TestKeyAndHeadAtThePictureHost(t *testing.T) {
	bubble(t, exact(), func(t *testing.T, r *rig) {
		id := r.submit("a cat")
		time.Sleep(time.Minute)
		good := r.picture(id)
		if a := r.fetch(good, "Authorization: Bearer "+testKey); a.status != 400 || xmlCode(t, a) != "InvalidArgument" {
			t.Errorf("with the key: %d %s", a.status, a.body)
		}
		req, _ := http.NewRequest("HEAD", good, nil)
		if a := r.do(req); a.status != 403 {
			t.Errorf("HEAD: %d, want 403", a.status)
		}
		if task, _ := r.s.Books().Task(id); task.Downloads[0] != 0 {
			t.Errorf("books count %d downloads, want 0", task.Downloads[0])
		}
	})
}

func TestExpiry(t *testing.T) {
	bubble(t, exact(), func(t *testing.T, r *rig) {
		id := r.submit("a cat")
		time.Sleep(10*time.Second + 30*time.Millisecond)
		url, expires := r.picture(id), r.s.Now().Add(24*time.Hour)
		if want := "Expires=" + strconv.FormatInt(expires.Unix(), 10); !strings.Contains(url, want) {
			t.Errorf("URL %s, want %s", url, want)
		}
		time.Sleep(24*time.Hour - time.Second)
		if a := r.fetch(url); a.status != 200 || r.status(id) != succeeded {
			t.Errorf("a second before: picture %d, task %s", a.status, r.status(id))
		}
		time.Sleep(time.Second)
		a := r.fetch(url)
		if a.status != 403 || xmlCode(t, a) != "AccessDenied" || !bytes.Contains(a.body, []byte("Request has expired.")) {
			t.Errorf("after 24 h: picture %d %s", a.status, a.body)
		}
		if got := r.status(id); got != unknown {
			t.Errorf("after 24 h: task %s, want UNKNOWN", got)
		}
		if got := fmt.Sprint(at(tree(t, r.ask("GET", "/api/v1/tasks?task_id="+id, "").body), "total")); got != "0" {
			t.Errorf("after 24 h: the list has %s", got)
		}
		if b := r.s.Books(); b.Charges != 1 || b.Tasks[0].Status != succeeded {
			t.Errorf("the books forget: %+v", b.Tasks)
		}
	})
}

func TestRanges(t *testing.T) {
	o := exact()
	o.Tiny = false
	bubble(t, o, func(t *testing.T, r *rig) {
		id := r.submit("a cat")
		time.Sleep(time.Minute)
		u := r.picture(id)
		whole := r.fetch(u)
		n := len(whole.body)
		if got := whole.header.Get("Content-Length"); got != fmt.Sprint(n) {
			t.Errorf("Content-Length %s of %d bytes", got, n)
		}
		etag := whole.header.Get("ETag")
		for asked, want := range map[string]struct {
			status   int
			from, to int
		}{
			"bytes=100-":                  {206, 100, n},
			"bytes=0-9":                   {206, 0, 10},
			"bytes=10-999999999":          {206, 10, n},
			"bytes=-5":                    {206, n - 5, n},
			fmt.Sprintf("bytes=%d-", n):   {416, 0, 0},
			fmt.Sprintf("bytes=%d-", n-1): {206, n - 1, n},
			"bytes=5-4":                   {200, 0, n},
			"bytes=1-2,4-5":               {200, 0, n},
			"chunks=1-2":                  {200, 0, n},
		} {
			a := r.fetch(u, "Range: "+asked, "If-Range: "+etag)
			if a.status != want.status || !bytes.Equal(a.body, whole.body[want.from:want.to]) {
				t.Errorf("%s: %d with %d bytes, want %d with %d to %d", asked, a.status, len(a.body), want.status, want.from, want.to)
			}
			if got := a.header.Get("Content-Range"); want.status == 206 && got != fmt.Sprintf("bytes %d-%d/%d", want.from, want.to-1, n) {
				t.Errorf("%s: Content-Range %q", asked, got)
			}
			if a.status != 416 && (a.header.Get("ETag") != etag || a.header.Get("X-Oss-Hash-Crc64ecma") != whole.header.Get("X-Oss-Hash-Crc64ecma")) {
				t.Errorf("%s: the ETag or checksum is not the whole picture's", asked)
			}
		}
		if a := r.fetch(u, "Range: bytes=100-", `If-Range: "other"`); a.status != 200 {
			t.Errorf("Range of another picture: %d, want 200", a.status)
		}
	})
}

func TestEveryPictureOfARequest(t *testing.T) {
	o := Options{Key: testKey, CV: -1}
	bubble(t, o, func(t *testing.T, r *rig) {
		id := text(t, r.ask("POST", pathA1, askWanx, async), "output", "task_id")
		time.Sleep(5 * time.Minute)
		seen := map[string]bool{}
		for i := range 4 {
			a := r.fetch(text(t, r.ask("GET", "/api/v1/tasks/"+id, ""), "output", "results", fmt.Sprint(i), "url"))
			if a.status != 200 || seen[string(a.body)] {
				t.Errorf("picture %d: %d, or the same as another", i, a.status)
			}
			seen[string(a.body)] = true
		}
		if b := r.s.Books(); b.Charges != 4 || b.Downloads != 4 || fmt.Sprint(b.Tasks[0].Downloads) != "[1 1 1 1]" {
			t.Errorf("books: %d charges, %d downloads %v", b.Charges, b.Downloads, b.Tasks[0].Downloads)
		}
	})
}

package tasklist

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/time/rate"

	"github.com/qwenbatch/qwenbatch/batch/pace"
	"github.com/qwenbatch/qwenbatch/client"
)

// TestAttackLongList reads the list of an account that has had more than 10,000 tasks today.
func TestAttackLongList(t *testing.T) {
	const pages = 150
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		n, _ := strconv.Atoi(req.URL.Query().Get("page_no"))
		var rows []string
		for i := range 100 {
			rows = append(rows, fmt.Sprintf(`{"task_id":"task-%d-%d","model_name":"qwen-image-plus","status":"SUCCEEDED"}`, n, i))
		}
		fmt.Fprintf(w, `{"total":%d,"total_page":%d,"page_no":%d,"page_size":100,"data":[%s]}`, 100*pages, pages, n, strings.Join(rows, ","))
	}))
	defer server.Close()
	c, err := client.New(client.Config{BaseURL: server.URL, Key: client.NewKey("sk-test")})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	l := NewReader(c, pace.NewClock(1), rate.Inf, 1)
	if pass, err := l.readAll(t.Context()); err != nil || !pass.Whole || len(pass.Rows) != 100*pages {
		t.Errorf("listAll = %d rows, whole %v, %v, want all %d", len(pass.Rows), pass.Whole, err, 100*pages)
	}
}

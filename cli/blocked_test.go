package cli

import (
	"bufio"
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestN11BlockedIsTold runs a batch against what answers in the service's place: the first
// answer is told with its hint, while the run tries on.
func TestN11BlockedIsTold(t *testing.T) {
	t.Parallel()
	stranger := httptest.NewTLSServer(http.NotFoundHandler())
	t.Cleanup(stranger.Close)
	portal := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		io.WriteString(w, "<html>Welcome! Please log in</html>")
	}))
	t.Cleanup(portal.Close)
	proxy := answering(t, "HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n")
	for name, test := range map[string]struct{ base, proxy, warns, hint string }{
		"authority": {stranger.URL + "/api/v1", "", "certificate signed by unknown authority", "SSL_CERT_FILE=FILE"},
		"portal":    {portal.URL + "/api/v1", "", "an HTML page", "does this network want you to log in?"},
		"password":  {"https://api.test/api/v1", "http://" + proxy, "the proxy " + proxy + " requires a user and a password (HTTP 407)", "HTTPS_PROXY=http://USER:PASSWORD@" + proxy},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := &reader{t: t, dir: t.TempDir()}
			write(t, filepath.Join(r.dir, "p.csv"), "prompt\na cat\n")
			r.env = []string{"DASHSCOPE_API_KEY=sk-any", "QWENBATCH_BASE_URL=" + test.base, "ALL_PROXY=" + test.proxy}
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			cmd := r.command("qwenbatch", "run", "p.csv")
			stderr, err := cmd.StderrPipe()
			if err == nil {
				err = cmd.Start()
			}
			if err != nil {
				t.Fatal(err)
			}
			defer cmd.Wait()
			defer cmd.Process.Kill()
			context.AfterFunc(ctx, func() { cmd.Process.Kill() })
			var said []string
			for lines := bufio.NewScanner(stderr); lines.Scan(); {
				said = append(said, lines.Text())
				if strings.Contains(lines.Text(), "hint: ") {
					break
				}
			}
			text := strings.Join(said, "\n")
			if !strings.Contains(text, "warning: will try again: list: ") || !strings.Contains(text, test.warns) || !strings.Contains(text, test.hint) {
				t.Errorf("after the first answer the run says\n%s\nwant %q and the hint %q", text, test.warns, test.hint)
			}
		})
	}
}

// answering is the address of a server that answers every connection alike.
func answering(t *testing.T, answer string) string {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			bufio.NewReader(conn).ReadString('\n')
			io.WriteString(conn, answer)
			conn.Close()
		}
	}()
	return l.Addr().String()
}

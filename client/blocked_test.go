package client

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
)

// Failure mode N11: a proxy that refuses or wants a password, an authority that is not known, a
// login page. Waiting changes none of them, and each is told by its kind.
func TestN11Blocked(t *testing.T) {
	stranger := httptest.NewTLSServer(http.NotFoundHandler())
	stranger.Config.ErrorLog = quiet
	defer stranger.Close()
	says := func(answer string) *rawServer {
		return newRaw(t, func(c *rawConn) { c.head(); c.say("HTTP/1.1 " + answer) })
	}
	page := "200 OK\r\nContent-Length: 24\r\n\r\n<html>Please log in</html>"
	for name, test := range map[string]struct {
		config Config
		want   string // part of the error
		not    bool   // not blocked
	}{
		"password":     {config: Config{BaseURL: "https://api.test", proxies: proxy(says("407 Proxy Authentication Required\r\n\r\n"))}, want: "requires a user and a password (HTTP 407)"},
		"not allowed":  {config: Config{BaseURL: "https://api.test", proxies: proxy(says("403 Forbidden\r\n\r\n"))}, want: "does not open the way to api.test:443 (HTTP 403)"},
		"proxy down":   {config: Config{BaseURL: "https://api.test", proxies: proxy(says("503 Busy\r\n\r\n"))}, want: "HTTP 503", not: true},
		"authority":    {config: Config{BaseURL: stranger.URL}, want: "certificate signed by unknown authority"},
		"login page":   {config: Config{BaseURL: "http://" + says(page).Addr().String()}, want: "an HTML page"},
		"to the login": {config: Config{BaseURL: "http://" + says("302 Found\r\nLocation: http://login/\r\nContent-Length: 0\r\n\r\n").Addr().String()}, want: "redirect"},
		"bad gateway":  {config: Config{BaseURL: "http://" + says("502 Bad\r\nContent-Length: 13\r\n\r\n<html></html>").Addr().String()}, want: "502", not: true},
		"torn":         {config: Config{BaseURL: "http://" + says("200 OK\r\nContent-Length: 1\r\n\r\n{").Addr().String()}, want: "torn", not: true},
	} {
		c := newTest(t, test.config)
		_, err := c.TaskPage(context.Background(), Filter{}, 1)
		if err == nil || !strings.Contains(err.Error(), test.want) || Blocked(err) == test.not {
			t.Errorf("%s: TaskPage = %v, Blocked = %v; want %q, Blocked = %v", name, err, Blocked(err), test.want, !test.not)
		}
	}
	if Blocked(nil) || Blocked(errors.New("no route to host")) || Blocked(&net.DNSError{}) {
		t.Error("Blocked holds for what time may mend")
	}
}

func TestProxyOfTheEnvironment(t *testing.T) {
	for _, test := range []struct{ env, url, want string }{
		{"", "https://api.test", ""},
		{"HTTPS_PROXY=http://p:1", "https://api.test", "http://p:1"},
		{"https_proxy=p:1", "https://api.test", "http://p:1"},
		{"HTTP_PROXY=http://p:1", "https://api.test", ""},
		{"ALL_PROXY=socks5://p:1", "https://api.test", "socks5://p:1"},
		{"all_proxy=socks5h://p:1", "http://api.test", "socks5h://p:1"},
		{"ALL_PROXY=socks5://p:1 HTTPS_PROXY=http://q:2", "https://api.test", "http://q:2"},
		{"ALL_PROXY=socks5://p:1 HTTPS_PROXY=http://q:2", "http://api.test", "socks5://p:1"},
		{"ALL_PROXY=socks5://p:1 NO_PROXY=.test", "https://api.test", ""},
		{"ALL_PROXY=socks5://p:1", "http://127.0.0.1:8686", ""},
	} {
		env := map[string]string{}
		for _, v := range strings.Fields(test.env) {
			name, value, _ := strings.Cut(v, "=")
			env[name] = value
		}
		u, _ := url.Parse(test.url)
		got, err := environmentProxy(func(name string) string { return env[name] })(&http.Request{URL: u})
		text := ""
		if got != nil {
			text = got.String()
		}
		if err != nil || text != test.want {
			t.Errorf("%s: the proxy for %s = %q, %v, want %q", test.env, test.url, text, err, test.want)
		}
	}
}

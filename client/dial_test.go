package client

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"testing"
)

func TestN1DialFailure(t *testing.T) {
	closed, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	closed.Close()
	stranger := httptest.NewTLSServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("a call came through") }))
	stranger.Config.ErrorLog = quiet
	defer stranger.Close()
	plain := newRaw(t, func(c *rawConn) { c.say("220 no TLS here\r\n") })
	for name, c := range map[string]Config{
		"closed port":    {BaseURL: "http://" + closed.Addr().String()},
		"name":           {BaseURL: "https://api.test", Dial: refuse(&net.DNSError{Err: "no such host", Name: "api.test"})},
		"certificate":    {BaseURL: stranger.URL},
		"no TLS":         {BaseURL: "https://" + plain.Addr().String()},
		"proxy refuses":  {BaseURL: "https://api.test", proxies: proxy(newRaw(t, func(c *rawConn) { c.head(); c.say("HTTP/1.1 407 No\r\n\r\n") }))},
		"proxy is a bug": {BaseURL: "https://api.test", proxies: func(*http.Request) (*url.URL, error) { return nil, errors.New("no URL") }},
	} {
		c := newTest(t, c)
		if _, err := submit(c, fox); class(err) != "not sent" {
			t.Errorf("%s: Submit = %v, want not sent", name, err)
		}
		if _, err := generate(c); class(err) != "not sent" {
			t.Errorf("%s: Generate = %v, want not sent", name, err)
		}
	}
}

func refuse(err error) dialFunc {
	return func(context.Context, string, string) (net.Conn, error) { return nil, err }
}

func proxy(s *rawServer) func(*http.Request) (*url.URL, error) {
	return func(*http.Request) (*url.URL, error) { return &url.URL{Scheme: "http", Host: s.Addr().String()}, nil }
}

func TestH5Private(t *testing.T) {
	for address, want := range map[string]bool{
		"127.0.0.1": true, "127.9.9.9": true, "::1": true, "0.0.0.0": true, "0.1.2.3": true, "::": true,
		"10.0.0.1": true, "172.16.0.1": true, "172.31.255.255": true, "192.168.1.1": true, "fd00:ec2::254": true, "fc00::1": true,
		"169.254.169.254": true, "fe80::1": true, "fe80::1%eth0": true, "100.100.100.200": true,
		"224.0.0.1": true, "ff02::1": true, "ff0e::1": true, "255.255.255.255": true, "240.0.0.1": true, "fec0::1": true,
		"::ffff:127.0.0.1": true, "::ffff:10.0.0.1": true, "::ffff:100.100.100.200": true, "::ffff:169.254.169.254": true,
		"64:ff9b::7f00:1": true, "64:ff9b::a9fe:a9fe": true, "64:ff9b::808:808": false,
		"198.18.0.1": false, "198.19.255.255": false, "8.8.8.8": false, "172.32.0.1": false, "100.64.0.1": false, "100.100.100.201": false,
		"2400:3200::1": false, "::ffff:8.8.8.8": false,
	} {
		c := Config{}
		if got := c.refuses(&url.URL{Host: "dashscope.aliyuncs.com"})(netip.MustParseAddr(address)); got != want {
			t.Errorf("refuses(%s) = %v, want %v", address, got, want)
		}
	}
}

// TestH22Carried is failure mode H22: an IPv6 address is private where the IPv4 address that it carries is.
func TestH22Carried(t *testing.T) {
	for address, want := range map[string]bool{
		"2002:7f00:1::": true, "2002:a00:1::1": true, "2002:c0a8:101::1": true, "2002:a9fe:a9fe::": true, "2002:6464:64c8::": true,
		"2002:808:808::1": false, "2002:0:1::": true,
		"::127.0.0.1": true, "::10.0.0.1": true, "::169.254.169.254": true, "::100.100.100.200": true, "::8.8.8.8": false, "::2": true,
		"64:ff9b::10.0.0.1": true, "64:ff9b::192.168.1.1%eth0": true, "64:ff9b::8.8.8.8": false,
		"64:ff9b:1::10.0.0.1": true, "64:ff9b:1:a::172.16.0.1": true, "64:ff9b:1::8.8.8.8": false,
		"::ffff:192.168.0.1": true, "::ffff:8.8.8.8": false, "2003:7f00:1::": false,
	} {
		if got := (Config{}).refuses(&url.URL{Host: "dashscope.aliyuncs.com"})(netip.MustParseAddr(address)); got != want {
			t.Errorf("refuses(%s) = %v, want %v", address, got, want)
		}
	}
	if (Config{}).refuses(&url.URL{Host: "localhost"})(netip.MustParseAddr("::1")) {
		t.Error("an emulator's pictures at ::1 are refused")
	}
}

// An API on loopback is an emulator, with its pictures beside it. It opens no other door.
func TestH5LoopbackOnlyForEmulators(t *testing.T) {
	for _, tt := range []struct {
		base, address string
		want          bool
	}{
		{"127.0.0.1:80", "127.0.0.1", false}, {"localhost", "::1", false}, {"[::1]:80", "127.0.0.2", false},
		{"127.0.0.1", "10.0.0.1", true}, {"localhost", "169.254.169.254", true}, {"127.0.0.1", "100.100.100.200", true},
		{"localhost.evil.test", "127.0.0.1", true}, {"10.0.0.1", "10.0.0.1", true},
	} {
		if got := (Config{}).refuses(&url.URL{Host: tt.base})(netip.MustParseAddr(tt.address)); got != tt.want {
			t.Errorf("API at %s: refuses(%s) = %v, want %v", tt.base, tt.address, got, tt.want)
		}
	}
	open := Config{PrivateImageHosts: true}
	if open.refuses(&url.URL{Host: "api.test"})(netip.MustParseAddr("10.0.0.1")) {
		t.Error("PrivateImageHosts refuses 10.0.0.1")
	}
}

// The dialer itself: the name in the URL says nothing, the address does.
func TestH5Dial(t *testing.T) {
	s := newRaw(t, func(c *rawConn) { c.request() })
	_, port, _ := net.SplitHostPort(s.Addr().String())
	c := newTest(t, Config{BaseURL: "https://api.test", proxies: none})
	for _, host := range []string{"127.0.0.1", "localhost", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "0.0.0.0"} {
		if _, err := c.Download(context.Background(), "https://"+net.JoinHostPort(strings.Trim(host, "[]"), port)+"/x.png"); !errors.Is(err, ErrPrivateHost) {
			t.Errorf("Download from %s = %v, want %v", host, err, ErrPrivateHost)
		}
	}
	if n := s.conns.Load(); n != 0 {
		t.Errorf("%d connections to a private address, want 0", n)
	}
	allowed := newTest(t, Config{BaseURL: "https://api.test", proxies: none, PrivateImageHosts: true})
	if _, err := allowed.Download(context.Background(), "https://localhost:"+port+"/x.png"); err == nil || errors.Is(err, ErrPrivateHost) || s.conns.Load() == 0 {
		t.Errorf("Download with PrivateImageHosts = %v on %d connections, want a TLS error on one", err, s.conns.Load())
	}
}

func none(*http.Request) (*url.URL, error) { return nil, nil }

func TestH5Redirects(t *testing.T) {
	var to string
	s := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, to, http.StatusFound) }))
	defer s.Close()
	c := newTest(t, Config{BaseURL: s.URL, roots: pool(s)})
	for _, to = range []string{"https://10.0.0.1/", "http://169.254.169.254/latest/meta-data", "https://[::ffff:100.100.100.200]/"} {
		if _, err := c.Download(context.Background(), s.URL+"/x.png"); !errors.Is(err, ErrPrivateHost) {
			t.Errorf("redirected to %s: Download = %v, want %v", to, err, ErrPrivateHost)
		}
	}
	for _, to = range []string{"file:///etc/passwd", "ftp://pictures.test/", "https://user:pw@pictures.test/", "https://ex%zz/", "https://gr\u00fcn.test/", "/again"} {
		if _, err := c.Download(context.Background(), s.URL+"/x.png"); err == nil {
			t.Errorf("redirected to %s: Download = nil, want an error", to)
		}
	}
}

func TestH5ThreeRedirects(t *testing.T) {
	hops := 0
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/0" {
			w.Write([]byte("picture"))
			return
		}
		hops++
		http.Redirect(w, r, "/"+string(r.URL.Path[1]-1), http.StatusTemporaryRedirect)
	}))
	defer s.Close()
	c := newTest(t, Config{BaseURL: s.URL})
	if body, err := c.Download(context.Background(), s.URL+"/3"); string(body) != "picture" || hops != 3 {
		t.Errorf("three redirects: Download = %q, %v after %d", body, err, hops)
	}
	if _, err := c.Download(context.Background(), s.URL+"/4"); err == nil || hops != 7 {
		t.Errorf("four redirects: Download = %v after %d, want an error after 4 more", err, hops)
	}
}

// The proxy may be at a private address; what it is asked for may not.
func TestH5Proxy(t *testing.T) {
	s := newRaw(t, func(c *rawConn) { c.head(); c.say("HTTP/1.1 502 Bad Gateway\r\n\r\n") })
	c := newTest(t, Config{BaseURL: "https://api.test", proxies: proxy(s)})
	if _, err := c.Download(context.Background(), "https://pictures.test/x.png"); err == nil || errors.Is(err, ErrPrivateHost) || s.conns.Load() != 1 {
		t.Errorf("Download over a proxy = %v on %d connections, want its 502 on 1", err, s.conns.Load())
	}
	if _, err := c.Download(context.Background(), "https://10.0.0.1/x.png"); !errors.Is(err, ErrPrivateHost) || s.conns.Load() != 1 {
		t.Errorf("Download of 10.0.0.1 over a proxy = %v on %d connections, want %v on 1", err, s.conns.Load(), ErrPrivateHost)
	}
}

func TestH7BadPictureURLs(t *testing.T) {
	c := newTest(t, Config{BaseURL: "https://api.test", Dial: refuse(errReached)})
	for _, raw := range []string{
		"", "x", "/x.png", "https://", "https:///x.png", "https:x.png", "file:///etc/passwd", "ftp://pictures.test/x.png", "javascript:alert(1)",
		"https://user@pictures.test/", "https://user:pw@pictures.test/", "https://@pictures.test/",
		"https://pictures.test/\r\nX: y", "https://pictures.test\n/", "https://pic tures.test/", "https://pictures.test/\x00",
		"https://bücher.test/", "https://pictures。test/", "https://pictures.test\\@evil.test/", "https://%00/", "https://pictures.test:x/", "//pictures.test/x.png",
	} {
		if _, err := c.Download(context.Background(), raw); err == nil || errors.Is(err, errReached) {
			t.Errorf("Download(%q) = %v, want it refused before dialing", raw, err)
		}
	}
	for _, raw := range []string{"https://pictures.test/x.png?a=%2B", "http://pictures.test:80/x.png", "HTTPS://pictures.test:8443/"} {
		if _, err := c.Download(context.Background(), raw); !errors.Is(err, errReached) {
			t.Errorf("Download(%q) = %v, want it dialed", raw, err)
		}
	}
}

var errReached = errors.New("reached the network")

func TestPictureURLRaisedToTLS(t *testing.T) {
	for raw, want := range map[string]string{
		"http://a.test/x?Signature=%2b%2F":    "https://a.test/x?Signature=%2b%2F",
		"http://a.test:80/x":                  "https://a.test/x",
		"http://a.test:8080/x":                "https://a.test:8080/x",
		"https://a.test/%E4%B8%AD?b=1&a=%3D;": "https://a.test/%E4%B8%AD?b=1&a=%3D;",
	} {
		c := newTest(t, Config{})
		if u, err := c.pictureURL(raw); err != nil || u.String() != want {
			t.Errorf("pictureURL(%q) = %v, %v, want %s", raw, u, err, want)
		}
	}
}

func TestH18BaseURL(t *testing.T) {
	for base, want := range map[string]bool{
		"": true, "https://dashscope.aliyuncs.com/api/v1": true, "https://host": true, "http://127.0.0.1:8080/api/v1": true,
		"http://localhost/api/v1": true, "http://[::1]:1/": true,
		"http://dashscope.aliyuncs.com/api/v1": false, "http://10.0.0.1": false, "http://localhost.evil.test": false, "http://127.0.0.1.evil.test": false,
		"ftp://host": false, "host/api/v1": false, "https://": false, "https://:443": false, "https://user:pw@host": false, "https://host/?a=b": false,
		"https://host/api/v1?": false, "https://host/#x": false, "https:host": false, "ht tp://x": false,
	} {
		if _, err := New(Config{BaseURL: base}); (err == nil) != want {
			t.Errorf("New(%q) = %v, want ok %v", base, err, want)
		}
	}
	if _, err := New(Config{BaseURL: "http://10.0.0.1", Insecure: true}); err != nil {
		t.Errorf("New(http, Insecure) = %v", err)
	}
}

func TestNewRefusesBrokenHeaders(t *testing.T) {
	for _, c := range []Config{{Key: NewKey(canary + "\n")}, {Key: NewKey("sk-钥")}, {Workspace: "a\r\nb"}, {UserAgent: "a\x00"}} {
		_, err := New(c)
		if err == nil || strings.Contains(err.Error(), canary) {
			t.Errorf("New(%+v) = %v, want an error without the key", c, err)
		}
	}
}

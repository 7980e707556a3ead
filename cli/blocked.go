package cli

import (
	"context"
	"crypto/x509"
	"errors"
	"log/slog"
	"net/http"
	"strings"
	"sync/atomic"

	"github.com/qwenbatch/qwenbatch/client"
)

// blockedHint says what to do about something on the way that answers in the service's place.
func blockedHint(err error) string {
	if proxy, ok := errors.AsType[*client.ProxyError](err); ok {
		host, _, _ := strings.Cut(proxy.Host, ":")
		if proxy.Status == http.StatusProxyAuthRequired {
			return "HTTPS_PROXY=http://USER:PASSWORD@" + proxy.Proxy + " names them, with %40 for " +
				"an @ in a password; NO_PROXY=" + host + " goes past the proxy"
		}
		return "ask whoever runs the proxy to open " + host + "; NO_PROXY=" + host +
			" goes past it, where the network lets you"
	}
	if _, ok := errors.AsType[x509.UnknownAuthorityError](err); ok {
		return "a proxy that reads along, such as a company's, has an authority of its own: " +
			"SSL_CERT_FILE=FILE names its certificate (PEM) on Linux; on macOS and Windows add it " +
			"to the system's. Anything else that presents such a certificate is not the service"
	}
	return "a proxy or login page answers in place of the service: does this network want you to log in? Open " +
		"any page in a browser. Else: is --base-url right? It ends in /api/v1"
}

// A blockedHints is a log that tells, once, the hint for a service that cannot be reached
// because something on the way answers: a run tries on for a minute, in which a person can mend
// it.
type blockedHints struct {
	slog.Handler
	say  func(format string, args ...any)
	told *atomic.Bool
}

// Handle writes the record, and the hint behind the first that has such a cause.
func (h *blockedHints) Handle(ctx context.Context, r slog.Record) error {
	err := h.Handler.Handle(ctx, r)
	r.Attrs(func(a slog.Attr) bool {
		cause, is := a.Value.Any().(error)
		if is && client.Blocked(cause) && !h.told.Swap(true) {
			h.say("%s", "qwenbatch: hint: "+blockedHint(cause))
		}
		return true
	})
	return err
}

// WithAttrs returns a log with the same hint.
func (h *blockedHints) WithAttrs(attrs []slog.Attr) slog.Handler {
	return &blockedHints{h.Handler.WithAttrs(attrs), h.say, h.told}
}

// WithGroup returns a log with the same hint.
func (h *blockedHints) WithGroup(name string) slog.Handler {
	return &blockedHints{h.Handler.WithGroup(name), h.say, h.told}
}

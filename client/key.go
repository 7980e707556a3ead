package client

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"log/slog"
	"regexp"
	"strings"
)

// A Key is an API key. It prints as [redacted] everywhere, so that it cannot reach a log, an
// error or a dump by accident. The zero value is no key.
type Key struct {
	// A pointer, since package fmt cannot call methods on what stands in an unexported field
	// and would print a string there: a whole Client printed with %+v shows an address.
	secret *string
}

// NewKey returns the key with the given secret.
func NewKey(secret string) Key {
	if secret == "" {
		return Key{}
	}
	return Key{&secret}
}

// IsZero reports whether there is no key.
func (k Key) IsZero() bool { return k.secret == nil }

func (k Key) reveal() string {
	if k.secret == nil {
		return ""
	}
	return *k.secret
}

// Fingerprint returns 12 hex digits which differ for different keys under the same salt and do not
// reveal the secret.
func (k Key) Fingerprint(salt string) string {
	sum := sha256.Sum256([]byte("qwenbatch key\x00" + salt + "\x00" + k.reveal()))
	return hex.EncodeToString(sum[:6])
}

// String hides the secret.
func (k Key) String() string { return "[redacted]" }

// GoString hides the secret from %#v.
func (k Key) GoString() string { return "[redacted]" }

// MarshalText hides the secret from JSON, YAML and text encoders.
func (k Key) MarshalText() ([]byte, error) { return []byte("[redacted]"), nil }

// LogValue hides the secret from slog.
func (k Key) LogValue() slog.Value { return slog.StringValue("[redacted]") }

// signed matches the query of a URL in a text, whole or cut. It may be a signature that gives
// access to a picture.
var signed = regexp.MustCompile(
	`(?i)\?[^\s"'<>]*=[^\s"'<>]*|\b(signature|ossaccesskeyid)=[^\s"'<>&]*`)

// plain makes a text from outside safe to show: one line, without the key if the sender repeats
// it, and without the queries of URLs. It keeps keys below 8 letters, which only tests have.
func (k Key) plain(s string) string {
	if secret := k.reveal(); len(secret) >= 8 {
		s = strings.ReplaceAll(s, secret, "[redacted]")
	}
	if strings.Contains(s, "=") { // most texts have none, and the search is slow
		s = signed.ReplaceAllString(s, "?…")
	}
	return oneLine(s)
}

// told is plain for network errors: some of net/http's repeat what the peer sent.
func (k Key) told(err error) error {
	if err == nil {
		return nil
	}
	if text := k.plain(err.Error()); text != err.Error() {
		return &toldError{text, func(target error) bool { return errors.Is(err, target) }}
	}
	return err
}

// A toldError keeps errors.Is working, for the end of a context for example, but does not expose
// the wrapped errors, whose texts may hold secrets.
type toldError struct {
	text string
	is   func(target error) bool
}

func (e *toldError) Error() string        { return e.text }
func (e *toldError) Is(target error) bool { return e.is(target) }

package client

import (
	"crypto/sha256"
	"encoding/hex"
	"log/slog"
)

// A Key is an API key. It prints as [redacted] everywhere, so that it cannot reach a log, an error or a dump by accident.
// The zero value is no key.
type Key struct{ secret string }

// NewKey returns the key with the given secret.
func NewKey(secret string) Key { return Key{secret} }

// IsZero reports whether there is no key.
func (k Key) IsZero() bool { return k.secret == "" }

// Fingerprint returns 12 hex digits that tell two keys apart under the same salt and say nothing of the secret.
func (k Key) Fingerprint(salt string) string {
	sum := sha256.Sum256([]byte("qwenbatch key\x00" + salt + "\x00" + k.secret))
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

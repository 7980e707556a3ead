package client

import (
	"errors"
	"os"
	"strings"
)

// ErrNoKey says that the environment has no API key.
var ErrNoKey = errors.New("DASHSCOPE_API_KEY is not set")

// FromEnv returns a client for the key in DASHSCOPE_API_KEY. DASHSCOPE_HTTP_BASE_URL and
// DASHSCOPE_WORKSPACE_ID are read as the vendor's SDKs read them; without the first it is Beijing's
// shared host. It sends nothing. The error is [ErrNoKey], or one of [New].
func FromEnv() (*Client, error) {
	c, err := ConfigFromEnv()
	if err != nil {
		return nil, err
	}
	return New(c)
}

// ConfigFromEnv returns the configuration of [FromEnv], to be changed and given to [New].
func ConfigFromEnv() (Config, error) {
	key := strings.TrimSpace(os.Getenv("DASHSCOPE_API_KEY"))
	if key == "" {
		return Config{}, ErrNoKey
	}
	return Config{
		Key:       NewKey(key),
		BaseURL:   strings.TrimSpace(os.Getenv("DASHSCOPE_HTTP_BASE_URL")),
		Workspace: strings.TrimSpace(os.Getenv("DASHSCOPE_WORKSPACE_ID")),
	}, nil
}

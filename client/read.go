package client

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"
)

// get makes a GET of the API, again as often as Config.ReadRetries says, and returns its 2xx
// answer.
func (c *Client) get(ctx context.Context, op, path string) (a answer, err error) {
	err = c.config.again(ctx, func() error {
		a, err = c.getOnce(ctx, op, path)
		return err
	})
	return a, err
}

func (c *Client) getOnce(ctx context.Context, op, path string) (answer, error) {
	ctx, cancel := context.WithTimeout(ctx, c.config.Timeout)
	defer cancel()
	a, err := c.send(c.queries, c.request(ctx, http.MethodGet, path, nil))
	if err != nil {
		return a, fmt.Errorf("%s: %w", op, err)
	}
	if !a.success() {
		return a, a.apiError(op)
	}
	return a, nil
}

// longestPause is the longest time between two tries of a read.
const longestPause = 30 * time.Second

// again reads until it succeeds, the error is one that stays, the tries are used up or the
// context ends. The pauses are 1 s, 2 s, 4 s and so on.
func (c Config) again(ctx context.Context, read func() error) error {
	pause := time.Second
	for try := 0; ; try++ {
		err := read()
		if err == nil || try >= c.ReadRetries || !passes(err) || ctx.Err() != nil ||
			sleep(ctx, pause) != nil {
			return err
		}
		pause = min(2*pause, longestPause)
	}
}

// passes reports whether a read that failed may succeed later.
func passes(err error) bool {
	var api *APIError
	var foreign *ForeignError
	switch {
	case errors.As(err, &api):
		return api.Reach() == ReachRetry
	case errors.As(err, &foreign):
		return foreign.Status == http.StatusTooManyRequests || foreign.Status >= 500 ||
			foreign.Status >= 200 && foreign.Status < 300 // a torn body
	}
	return !errors.Is(err, ErrGone) && !errors.Is(err, ErrPictureURL) &&
		!errors.Is(err, ErrPrivateHost) && !errors.Is(err, context.Canceled)
}

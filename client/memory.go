package client

import (
	"bytes"
	"context"
	"io"
	"time"
)

const (
	// smallPicture is what each download may hold without asking: most pictures have 1 to 3 MB.
	smallPicture = 4 << 20
	// largePictures is what all downloads of a client together may hold of pictures that have more: two of the largest, or six
	// of 20 MiB.
	largePictures = 2 * (MaxPicture + 1)
)

// readBounded is readAll for a picture. One that is longer than most waits for memory, first come, first served, and asks for
// all that it may need at once, so that none which has some waits for more. Its host is not to blame for the wait.
func (c *Client) readBounded(ctx context.Context, spare []byte, r io.Reader, length int64, idle *time.Timer) ([]byte, error) {
	begun, err := readAll(spare, io.LimitReader(r, smallPicture), min(length, smallPicture))
	if len(begun) < smallPicture || err != nil || length == smallPicture {
		return begun, err
	}
	most := length
	if length < 0 {
		most = MaxPicture + 1
	}
	idle.Stop()
	if err := c.memory.Acquire(ctx, most); err != nil {
		return nil, err
	}
	defer c.memory.Release(most)
	idle.Reset(c.config.Idle)
	whole := bytes.NewBuffer(make([]byte, 0, most+room))
	whole.Write(begun)
	_, err = whole.ReadFrom(r)
	return whole.Bytes(), err
}

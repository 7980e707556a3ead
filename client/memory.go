package client

import (
	"bytes"
	"context"
	"io"
	"time"
)

const (
	// smallPicture is what each download may hold at any time: most pictures have 1 to 3 MB.
	smallPicture = 4 << 20
	// largePictures is what all downloads of larger pictures together may hold: two of the
	// largest, or six of 20 MiB.
	largePictures = 2 * (MaxPicture + 1)
)

// readBounded is readAll for a picture. A large one waits for memory, first come, first served. It
// acquires all that it may need at once, so that downloads cannot deadlock; the idle timer stands
// still while it waits.
func (c *Client) readBounded(ctx context.Context, spare []byte, r io.Reader, length int64,
	idle *time.Timer) ([]byte, error) {
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

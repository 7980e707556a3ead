package state

import (
	"errors"
	"fmt"
	"io"

	"github.com/qwenbatch/qwenbatch/output/durable"
)

// hold locks the state file, which exists: whatever becomes of the folder, one run at a time
// writes the file. The lock is nil where the file system has none.
func hold(disk durable.Disk) (io.Closer, error) {
	held, err := disk.Lock(FileName)
	switch {
	case errors.Is(err, durable.ErrLocked):
		return nil, fmt.Errorf("%w: it writes %s", ErrLocked, FileName)
	case errors.Is(err, durable.ErrNoLocks):
		return nil, nil
	}
	return held, err
}

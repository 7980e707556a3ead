package batch

import (
	"errors"
	"fmt"
	"path/filepath"

	"github.com/gofrs/flock"
)

// ErrLocked says that another run holds the batch.
var ErrLocked = errors.New("another run holds this batch")

// Lock takes the output folder for one run. It does not wait: ErrLocked. The lock ends with the process, however it ends,
// so the file that stays behind means nothing. The folder must be there.
func Lock(dir string) (unlock func() error, err error) {
	lock := flock.New(filepath.Join(dir, ".lock"))
	ok, err := lock.TryLock()
	if err != nil {
		return nil, fmt.Errorf("lock %s: %w", dir, err)
	}
	if !ok {
		return nil, ErrLocked
	}
	return lock.Unlock, nil
}

//go:build !linux && !darwin

package durable

import (
	"io/fs"
	"time"
)

// touched returns the time of the last write, as package syscall has no ctime on these systems.
func touched(info fs.FileInfo) time.Time { return info.ModTime() }

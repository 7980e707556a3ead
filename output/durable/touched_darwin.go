package durable

import (
	"io/fs"
	"syscall"
	"time"
)

// touched returns the ctime.
func touched(info fs.FileInfo) time.Time {
	if s, ok := info.Sys().(*syscall.Stat_t); ok {
		return time.Unix(s.Ctimespec.Unix())
	}
	return info.ModTime()
}

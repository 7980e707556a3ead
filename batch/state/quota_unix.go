//go:build unix

package state

import "syscall"

// errQuota is a full disk quota.
var errQuota error = syscall.EDQUOT

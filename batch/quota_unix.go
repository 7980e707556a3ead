//go:build unix

package batch

import "syscall"

// errQuota is a full disk quota.
var errQuota error = syscall.EDQUOT

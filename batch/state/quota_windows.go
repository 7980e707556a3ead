package state

import "syscall"

// errQuota is ERROR_DISK_QUOTA_EXCEEDED.
var errQuota error = syscall.Errno(1295)

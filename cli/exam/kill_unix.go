//go:build unix

package exam

import (
	"os/exec"
	"syscall"
)

// killable lets the end of the context kill the program with all that it has started.
func killable(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
}

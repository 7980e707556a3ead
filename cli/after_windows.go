package cli

import (
	"context"
	"os/exec"
	"syscall"
)

// shellCommand is a command line for the shell of the system. cmd.exe has quotes of its own, so
// that the line is handed on as it is.
func shellCommand(ctx context.Context, line string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, "cmd.exe")
	cmd.SysProcAttr = &syscall.SysProcAttr{CmdLine: `cmd.exe /S /C "` + line + `"`}
	return cmd
}

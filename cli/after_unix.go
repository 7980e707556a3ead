//go:build !windows

package cli

import (
	"context"
	"os/exec"
)

// shellCommand is a command line for the shell of the system.
func shellCommand(ctx context.Context, line string) *exec.Cmd {
	return exec.CommandContext(ctx, "/bin/sh", "-c", line)
}

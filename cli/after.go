package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"

	"github.com/qwenbatch/qwenbatch/cli/term"
)

// An afterCommand is the command of --after. It runs when the output folder is unlocked again,
// so that it may call qwenbatch.
type afterCommand struct {
	line     string
	manifest string
	ended    *summary // nil where the run was refused before it began
}

const afterHelp = "run this command after the run, in the shell, with BATCH_EXIT_CODE, " +
	"BATCH_DONE, BATCH_FAILED, BATCH_FOLDER … in its environment and the summary as JSON on its " +
	"stdin; not after a signal (default none)"

// run runs the command after a run that has ended with an error, nil for success, and returns
// how the whole has ended: the command's own failure counts where the run has none.
func (a *afterCommand) run(ctx context.Context, p *program, ended error) error {
	if a.line == "" || a.ended == nil || a.ended.code > codeBusy {
		return ended
	}
	record, err := json.Marshal(a.ended.record())
	if err != nil {
		return err // unreachable unless the record has a type that JSON has not
	}
	cmd := shellCommand(ctx, a.line)
	cmd.Stdin = bytes.NewReader(append(record, '\n'))
	cmd.Stdout, cmd.Stderr = p.stderr, p.stderr // stdout carries the results of the run
	cmd.Env = append(os.Environ(), a.environment()...)
	if err := cmd.Run(); err != nil {
		p.complain(complaint{text: a.failure(err),
			hint: "the run itself ended with exit code " + strconv.Itoa(int(a.ended.code)) +
				"; the same command runs it again, and pays nothing for what is done"})
		if ended == nil {
			return codeStopped
		}
	}
	return ended
}

func (a *afterCommand) failure(err error) string {
	text := err.Error()
	if exit := (*exec.ExitError)(nil); errors.As(err, &exit) && exit.ExitCode() >= 0 {
		text = fmt.Sprintf("exit code %d", exit.ExitCode())
	}
	return "--after " + term.Quote(a.line) + ": " + text
}

// environment tells the command how the run has ended. The names do not begin with QWENBATCH_,
// which a qwenbatch that the command calls would take for its own flags.
func (a *afterCommand) environment() []string {
	s, p := a.ended, a.ended.progress
	folder, err := filepath.Abs(s.folder)
	if err != nil {
		folder = s.folder
	}
	env := []string{"BATCH_MANIFEST=" + a.manifest, "BATCH_FOLDER=" + folder,
		"BATCH_SPENT=" + p.Spent.String(), "BATCH_SPENT_TOTAL=" + (s.before + p.Spent).String(),
		"BATCH_REHEARSAL=" + strconv.FormatBool(s.rehearsal),
		"BATCH_SUMMARY=" + term.Line(s.oneLine())}
	for _, n := range []struct {
		name  string
		value int
	}{
		{"EXIT_CODE", int(s.code)}, {"ITEMS", s.items}, {"DONE", p.Done}, {"FAILED", p.Failed},
		{"HELD", p.Held}, {"OPEN", p.Open}, {"PENDING", p.Pending}, {"MISSING", s.missing},
	} {
		env = append(env, fmt.Sprintf("BATCH_%s=%d", n.name, n.value))
	}
	return env
}

package cli

import (
	"errors"
	"slices"
	"strings"

	"github.com/qwenbatch/qwenbatch/batch"
	"github.com/qwenbatch/qwenbatch/batch/halt"
	"github.com/qwenbatch/qwenbatch/cli/term"
)

// again is the command that was given.
func (j *job) again() string { return commandLine(j.p.args) }

// goOn is the command that continues after a run, and a note about it where the command that was
// given would stop at the same limit again.
func (j *job) goOn(limit error, p batch.Progress) (again, note string) {
	switch {
	case errors.Is(limit, halt.ErrBudget):
		return commandLine(without(j.p.args, "budget")) + " --budget AMOUNT",
			"with more than " + term.Yuan(j.f.budget)
	// it would begin with those that have just failed again
	case j.f.retry && j.f.limit > 0 && p.Failed > 0:
		return commandLine(without(j.p.args, "limit")) + " --limit 0", "past what failed again"
	}
	return j.again(), ""
}

// original is the command without the flags of a rehearsal, in a folder that is not the
// rehearsal's.
func (j *job) original() string {
	is := func(a string) bool { return a == "--rehearse" || a == "--rehearse=true" }
	args := withoutOut(without(j.p.args, "rehearse-speed"))
	elsewhere := len(args) == len(without(j.p.args, "rehearse-speed")) // who named the folder
	switch {
	case j.manifest == fromStdin: // it has no folder by default
		args = append(args, "--out", strings.TrimSuffix(j.folder, "-rehearsal")+"-output")
	case j.f.out != "" && elsewhere: // the environment
		args = append(args, "--out", folderOf("", j.manifest, false))
	}
	if !slices.ContainsFunc(args, is) {
		return commandLine(append(args, "--rehearse=false"))
	}
	return commandLine(slices.DeleteFunc(args, is))
}

// fresh is the command without --redo, which would be a new request.
func (j *job) fresh() string { return commandLine(without(j.p.args, "redo")) }

// reworded is the command that sends rows which have changed.
func (j *job) reworded() string {
	return commandLine(slices.DeleteFunc(without(j.p.args, "redo"), func(a string) bool {
		return a == "--retry-failed" || a == "--retry-failed=true"
	}))
}

// status is the command that lists failed and held items.
func (j *job) status() string { return j.about("status") }

// about is a command about this batch.
func (j *job) about(verb string) string {
	return batchCommand(verb, j.manifest, j.f.out, j.f.rehearse)
}

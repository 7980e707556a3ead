package emulator

import "slices"

// The operations of [Call].
const (
	opSubmit = "submit"
	opSync   = "sync"
	opQuery  = "query"
	opList   = "list"
	opCancel = "cancel"
	opImage  = "image"
	opLimits = "limits"
	opModels = "models"
)

// Call is one request to the emulator, as faults and hooks see it.
type Call struct {
	Op string // submit, sync, query, list, cancel, image, limits or models
	// N is the ordinal among the calls of this Op, from 1. It goes on after a restart on the same
	// books.
	N      int
	Model  string // of submissions, tasks and pictures
	TaskID string // of queries, cancels and pictures; in BeforeAnswer also of submissions
	Prompt string // of submissions, tasks and pictures
	// Workspace is the X-DashScope-WorkSpace header, "" without it. A picture has that of its
	// task.
	Workspace string
}

func operations() []string {
	return []string{opSubmit, opSync, opQuery, opList, opCancel, opImage, opLimits,
		opModels}
}

func isOp(text string) bool { return slices.Contains(operations(), text) }

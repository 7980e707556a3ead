package state

const (
	// FileName is the state file.
	FileName = "state.jsonl"
	// DamagedFile keeps a damaged state file that was written anew from what is whole of it.
	DamagedFile = "state.damaged"

	tornFile    = "state.torn"    // what a crash has left of the last line
	reserveFile = "state.reserve" // makes room on a full disk when it is removed
)

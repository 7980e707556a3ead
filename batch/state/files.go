package state

const (
	// FileName is the state file.
	FileName = "state.jsonl"
	// TornFile keeps what a crash has left of the last line.
	TornFile = "state.torn"
	// ReserveFile makes room on a full disk when it is removed; see [File.Reserve].
	ReserveFile = "state.reserve"
	// ReserveSize is room for the records of 200 tasks that are open when the disk fills up.
	ReserveSize = 256 << 10
)

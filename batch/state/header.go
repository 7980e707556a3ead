package state

import "time"

// version is the version of the format. A file with a higher one is refused.
const version = 1

// A Header is the first line.
type Header struct {
	Version int       `json:"qwenbatch"`
	Tool    string    `json:"tool"`
	Created time.Time `json:"created"`
	// Salt makes KeyPrint useless elsewhere.
	Salt     string   `json:"salt"`
	KeyPrint string   `json:"key,omitempty"`
	Settings Settings `json:"settings"`
}

// Settings are what a state file is bound to and what commands without flags go on with.
type Settings struct {
	// Manifest is a file name, for messages only.
	Manifest  string `json:"manifest"`
	BaseURL   string `json:"base_url"`
	Region    string `json:"region"`
	Workspace string `json:"workspace,omitempty"`
	Mode      string `json:"mode,omitempty"`
	// Rehearsal says that nothing here was ever paid.
	Rehearsal bool `json:"rehearsal,omitempty"`
	// Encoding is what the manifest was read in by the last run; "" in older files.
	Encoding string `json:"encoding,omitempty"`
	// Flags are those of the last run that say something of its items, by name, so that other
	// commands see the same items.
	Flags map[string]string `json:"flags,omitempty"`
}

// A Mark says that a run started or stopped. A file whose last line is no stop was left by a
// crash.
type Mark struct {
	Run  string    `json:"run"` // "start" or "stop"
	At   time.Time `json:"at"`
	Tool string    `json:"tool,omitempty"`
	// Since is the moment from which on tasks may exist that this file has lost and that no run
	// has looked through yet, to the end; zero where there are none such. It outlives runs that
	// were stopped meanwhile.
	Since time.Time `json:"sweep_since,omitzero"`
	// Seen is the newest time of a picture, by the file system's clock, when what was to be
	// seen of all of them had been recorded; zero in older files. Every mark repeats it.
	Seen time.Time `json:"seen,omitzero"`
	// Place is where the file stood when a run began; see durable.Disk.
	Place string `json:"place,omitempty"`
	// Redos are the unfinished redo requests. Every mark repeats them.
	Redos []Redo `json:"redos,omitempty"`
}

// A Redo is a request of --redo which was begun and is not finished.
type Redo struct {
	Number int    `json:"n"`
	Of     string `json:"of"` // a hash of what it asks for
	// Keys are of the items that it names, as they were when it began: of two rows that say the
	// same, either may stand first in the state file after a crash, and the one that was not
	// meant would be bought again. There are none where it names very many.
	Keys []string `json:"keys,omitempty"`
}

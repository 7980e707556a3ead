package emulator

import (
	"time"
)

// Fault says what goes wrong with one call. The zero value is nothing. Several may be set
// together. Durations are the emulator's time.
type Fault struct {
	// Before anything is done. The call is in the books as lost.
	LoseRequest bool // the connection is closed
	Hang        bool // the request is read and nothing comes until the client goes

	// In place of an answer. Nothing is done, unless DoneFirst says that everything was.
	Status    int    // HTTP status; 0 is the one of Code. 200 with a Code names no task
	Code      string // error code; a Status without one is a gateway's HTML page
	Message   string // empty is the usual one
	Envelope  string // EnvelopeOpenAI and so on; empty is the service's own, or the page
	DoneFirst bool
	NoType    bool // an error has no content type, as a 401 that was recorded (CN, 2024-11-25)

	// Everything is done and charged; then the answer is spoilt.
	LoseAnswer bool          // the connection is closed without one
	Reset      bool          // the same with a TCP reset
	Delay      time.Duration // the answer comes that much later
	Garbage    bool          // 200 with a page of HTML or, every second time, torn JSON
	Truncate   bool          // the body ends at half its Content-Length
	Drip       time.Duration // the body is sent byte by byte, with this pause before each

	// Of submissions.
	FailCode string // the task will end FAILED with this code
	PartCode string // the last of several pictures will fail with this code
	// the task comes into being that much later, as if the request had been delayed
	Late     time.Duration
	Async429 bool // an async header out of place is refused with 429, not 403

	// Of queries.
	Unknown    bool   // the status is UNKNOWN
	WrongTask  bool   // the answer names another task
	TaskStatus string // the answer says this status
	NoResults  bool   // a task that succeeded shows no pictures

	// Of queries and pictures.
	// a query tells URLs that have expired; the picture host says that the URL has expired
	ExpireURL bool

	// Of lists.
	LagList     time.Duration // younger tasks are not shown
	OmitRow     bool          // a task is left out
	ShuffleList bool          // the order is another one each time
	ListOffset  time.Duration // all times of its rows are that much ahead of the Date header
	ListCap     int           // only so many of the newest rows are shown, and counted; 0 is all
	// the share of tasks that no list shows or counts, the same ones each time
	ListOmit float64

	// Of pictures.
	Gone      bool // 404
	WrongSize bool // half as wide and high as asked
	FlipByte  bool // a byte in the middle is wrong, its checksums are those of the right one
	BadCRC    bool // the checksum header is wrong, the picture is not
	NoCRC     bool // there is no checksum header
}

// refuses reports whether an answer is replaced by an error.
func (f Fault) refuses() bool { return f.Status != 0 || f.Code != "" || f.Envelope != "" }

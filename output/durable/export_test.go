package durable

// What the tests on a simulated disk, which imports this package, share with those in here.
var WriteNew = writeNew

const (
	Paid      = paid
	OldReport = oldReport
	NewReport = newReport
)

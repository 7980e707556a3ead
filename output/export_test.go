package output

// What the tests on a simulated disk, which imports this package, share with those in here.
var (
	Pictured      = pictured
	PicturedFiles = picturedFiles
	RowsOf        = rowsOf
	PNGOf         = pngOf
	Plain         = plain
	ManyRows      = manyRows
	WriteNew      = writeNew
)

const (
	Paid      = paid
	OldReport = oldReport
	NewReport = newReport
)

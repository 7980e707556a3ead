package cli

// A mistake is an error that this package found: its text and hint were written where it was
// found. Its code is 2 unless it says another.
type mistake struct {
	text, hint string
	code       exitCode
}

func (m *mistake) Error() string { return m.text }

func (m *mistake) codeOr(code exitCode) exitCode {
	if m.code != 0 {
		return m.code
	}
	return code
}

// A complaint is what a person is told of an error.
type complaint struct {
	text, hint string
	code       exitCode
}

// An exitCode is an error that has been told already, or was none: it only picks the exit code.
type exitCode int

const (
	codeStopped exitCode = 1
	codeUsage   exitCode = 2
	codeItems   exitCode = 3
	codeLimit   exitCode = 4
	codeBusy    exitCode = 75
)

func (exitCode) Error() string { return "told already" }

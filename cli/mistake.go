package cli

// A mistake is an error that this package found. Its text and hint were written where it was
// found; its code is 2 unless set.
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

// A complaint is what is printed about an error.
type complaint struct {
	text, hint string
	code       exitCode
}

// An exitCode is an error that was printed already, or needs no message: it only carries the
// exit code.
type exitCode int

const (
	codeStopped exitCode = 1
	codeUsage   exitCode = 2
	codeItems   exitCode = 3
	codeLimit   exitCode = 4
	codeBusy    exitCode = 75
)

func (exitCode) Error() string { return "told already" }

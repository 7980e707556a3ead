package manifests

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/width"
)

// maxSeed is the largest seed that the API takes.
const maxSeed = 2147483647

// maxCount bounds count and n where no rule is nearer, so that sums cannot overflow.
const maxCount = 1_000_000_000

// cleanText is s without what nobody sees around it and with plain line ends, so that the same
// cell saved on another system is the same prompt. It says what is wrong with s, or nothing.
func cleanText(s string) (text, trouble string) {
	if s == "" {
		return "", "" // most fields of most rows
	}
	s = plainBreaks(trimEdges(s))
	if strings.IndexByte(s, 0) >= 0 {
		return s, "has a NUL character in it"
	}
	if !utf8.ValidString(s) {
		return s, "is not valid UTF-8"
	}
	return s, ""
}

// plainBreaks makes LF of CRLF and of CR.
func plainBreaks(s string) string {
	if strings.IndexByte(s, '\r') < 0 {
		return s
	}
	return strings.ReplaceAll(strings.ReplaceAll(s, "\r\n", "\n"), "\r", "\n")
}

// parseSize reads W*H, also with x or ×, as "W*H", and W:H as "W:H"; in full width too. Excel
// shows a ratio that was typed into it as a time: 16:09 and 16:09:00 are 16:9.
func parseSize(s string) (size, trouble string) {
	folded := foldWidth(s)
	sign := strings.IndexFunc(folded, func(r rune) bool {
		return strings.ContainsRune("*xX×:", r)
	})
	if sign > 0 {
		r, length := utf8.DecodeRuneInString(folded[sign:])
		rest := folded[sign+length:]
		if r == ':' {
			rest = strings.TrimSuffix(rest, ":00")
		} else {
			r = '*'
		}
		width, okW := side(folded[:sign])
		height, okH := side(rest)
		if okW && okH {
			return strconv.Itoa(width) + string(r) + strconv.Itoa(height), ""
		}
	}
	return s, fmt.Sprintf("%q is not a size; write 1328*1328 or 16:9", s)
}

// side is one number of a size, of at most 5 digits.
func side(s string) (int, bool) {
	s = strings.TrimSpace(s)
	n, err := strconv.ParseUint(s, 10, 32)
	return int(n), err == nil && n > 0 && len(s) <= 5
}

// wholeNumber is a number without the zeros behind the point that some programs write, as 42.0
// is of a column with a gap in it.
func wholeNumber(s string) string {
	folded := foldWidth(s)
	digits, zeros, found := strings.Cut(folded, ".")
	if found && digits != "" && zeros != "" && strings.Trim(zeros, "0") == "" {
		return digits
	}
	return folded
}

// parseNumber reads a whole number in plain digits, 42.0 also. Anything that some program would
// read as another number than a person does is refused: 1.5, 010, 1e9, 1,000.
func parseNumber(s string, least, most int64) (n int64, trouble string) {
	digits := wholeNumber(s)
	n, err := strconv.ParseInt(digits, 10, 64)
	switch {
	case err != nil && strings.Trim(digits, "+-0123456789") == "" && len(digits) > 18:
		return 0, fmt.Sprintf("%s is not among %d…%d", s, least, most)
	case err != nil:
		return 0, fmt.Sprintf("%q is not a whole number%s", s, numberHint(digits))
	case digits[0] == '+' || digits != "0" && strings.TrimPrefix(digits, "-")[0] == '0':
		return 0, fmt.Sprintf("%s may be read as another number; write %d", s, n)
	case n < least || n > most:
		return 0, fmt.Sprintf("%d is not among %d…%d", n, least, most)
	}
	return n, ""
}

// numberHint guesses how a number came to be written so.
func numberHint(s string) string {
	f, err := strconv.ParseFloat(s, 64)
	switch {
	case err != nil:
		return ""
	case strings.ContainsAny(s, "eE") && strings.Contains(s, "."):
		return "; a spreadsheet has shortened it: format the column as a number without decimals, and save again"
	case f == float64(int64(f)) && f >= 0 && f < 1e15:
		return fmt.Sprintf("; write %d", int64(f))
	}
	return ""
}

// parseBool reads the words that people put into sheets.
func parseBool(s string) (value, ok bool) {
	switch strings.ToLower(foldWidth(s)) {
	case "true", "yes", "1", "是":
		return true, true
	case "false", "no", "0", "否":
		return false, true
	}
	return false, false
}

// foldWidth turns full-width letters, digits and signs, as Chinese keyboards give them, into
// plain ones.
func foldWidth(s string) string {
	for i := 0; i < len(s); i++ {
		if s[i] >= utf8.RuneSelf {
			return width.Fold.String(s)
		}
	}
	return s
}

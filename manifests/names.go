package manifests

import (
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"
)

// numbered is the id or file name of the i-th item of a row: the first keeps the plain one.
func numbered(name string, i int) string {
	if name == "" || i == 1 {
		return name
	}
	return name + "-" + strconv.Itoa(i)
}

// stem is a file name without the extension of a picture, which may be said or not.
func stem(file string) string {
	switch ext := filepath.Ext(file); strings.ToLower(ext) {
	case ".png", ".jpg", ".jpeg", ".webp":
		return file[:len(file)-len(ext)]
	}
	return file
}

// fold is a name without what file systems may not tell apart.
func fold(name string) string {
	if isPlainLower(name) {
		return name
	}
	return norm.NFC.String(cases.Fold().String(norm.NFC.String(name)))
}

func isPlainLower(name string) bool {
	for i := 0; i < len(name); i++ {
		if name[i] >= 0x80 || 'A' <= name[i] && name[i] <= 'Z' {
			return false
		}
	}
	return true
}

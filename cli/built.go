package cli

import (
	"runtime/debug"
	"strings"
)

// The linker stamps a release with its version, as in 1.2.3, and with the day of its commit.
var releaseVersion, releaseDay string

// version is that of the release, else the module's, else the revision it was built from.
func version() string {
	if releaseVersion != "" {
		return releaseVersion
	}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	if v := info.Main.Version; v != "" && v != "(devel)" {
		return strings.TrimPrefix(v, "v")
	}
	if revision := buildSetting("vcs.revision"); revision != "" {
		return "devel-" + revision[:min(12, len(revision))]
	}
	return "devel"
}

// builtDay is the day of the commit that the program was built from, empty where nobody knows.
func builtDay() string {
	if releaseDay != "" {
		return releaseDay
	}
	day, _, _ := strings.Cut(buildSetting("vcs.time"), "T")
	return day
}

// buildSetting is what the Go command has noted in the program, empty where it has not.
func buildSetting(key string) string {
	info, _ := debug.ReadBuildInfo()
	for i := 0; info != nil && i < len(info.Settings); i++ {
		if s := info.Settings[i]; s.Key == key {
			return s.Value
		}
	}
	return ""
}

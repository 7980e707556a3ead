package cli

import (
	"fmt"
	"runtime"
	"runtime/debug"
	"strings"

	"github.com/spf13/cobra"

	"github.com/qwenbatch/qwenbatch/cli/term"
)

// The linker stamps a release with its version, as in 1.2.3, and with the day of its commit.
var releaseVersion, releaseDay string

// A versionRecord is what version --json prints. Fields may be added, never renamed.
type versionRecord struct {
	jsonStamp
	Version string `json:"version"`
	Date    string `json:"date,omitempty"` // of the commit, where it is known
	Go      string `json:"go"`
	OS      string `json:"os"`
	Arch    string `json:"arch"`
}

func versionCommand(p *program) *cobra.Command {
	asJSON := false
	cmd := &cobra.Command{Use: "version", Short: "Print the version", Args: noArguments}
	g := newGroup("Output")
	jsonFlag(g, &asJSON)
	p.flags(cmd, g)
	cmd.RunE = func(*cobra.Command, []string) error {
		if asJSON {
			return term.WriteJSON(p.stdout, newVersionRecord())
		}
		_, err := fmt.Fprintln(p.stdout, versionLine())
		return err
	}
	return cmd
}

func newVersionRecord() versionRecord {
	return versionRecord{jsonStamp: stamp, Version: version(), Date: builtDay(), Go: runtime.Version(),
		OS: runtime.GOOS, Arch: runtime.GOARCH}
}

// versionLine is what --version prints.
func versionLine() string {
	r := newVersionRecord()
	line := "qwenbatch " + r.Version
	if r.Date != "" {
		line += " (" + r.Date + ")"
	}
	return fmt.Sprintf("%s %s %s/%s", line, r.Go, r.OS, r.Arch)
}

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

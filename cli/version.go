package cli

import (
	"fmt"
	"runtime"

	"github.com/spf13/cobra"

	"github.com/qwenbatch/qwenbatch/cli/term"
)

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

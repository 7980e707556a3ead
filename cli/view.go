package cli

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"

	"github.com/spf13/cobra"

	"github.com/qwenbatch/qwenbatch/cli/term"
)

func viewCommand(p *program) *cobra.Command {
	var out string
	var rehearse bool
	cmd := &cobra.Command{
		Use:   "view MANIFEST",
		Short: "Open report.html in the browser",
		Long: `Open report.html in the browser, also while a run is going on: the page follows
it. Where there is no browser, as on a server, only its place is printed.`,
		Example: "  qwenbatch view prompts.csv",
		Args:    oneManifest, ValidArgsFunction: completeManifest,
	}
	g := newGroup("Batch")
	g.flags.VarP(textFlag{&out, "DIR"}, "out", "o", outHelp)
	g.flags.BoolVar(&rehearse, "rehearse", false, "look at the rehearsal")
	p.flags(cmd, g)
	cmd.RunE = func(_ *cobra.Command, args []string) error {
		page := filepath.Join(folderOf(out, args[0], rehearse), "report.html")
		if _, err := os.Stat(page); errors.Is(err, fs.ErrNotExist) {
			return noPage(page, args[0], out, rehearse)
		} else if err != nil {
			return err
		}
		full, err := filepath.Abs(page)
		if err != nil {
			return err
		}
		fmt.Fprintln(p.stdout, term.Plain(full))
		if open := p.browser(full); open != nil && open.Start() != nil {
			p.warn("no browser could be started: open that file in one")
		}
		return nil
	}
	return cmd
}

// noPage is the mistake of a batch without a page.
func noPage(page, name, out string, rehearse bool) error {
	m := &mistake{text: "there is no " + term.Quote(page) + " yet"}
	switch other := folderOf("", name, !rehearse); {
	case hasState(filepath.Dir(page)):
		m.hint = batchCommand("report", name, out, rehearse) + " writes it"
	case out == "" && !rehearse && hasState(other):
		m.hint = "there is a rehearsal: add --rehearse"
	case out == "" && rehearse && hasState(other):
		m.hint = "there is a real run: leave --rehearse out"
	default:
		m.hint = batchCommand("run", name, out, rehearse) + " begins the batch"
	}
	return m
}

// browser is the command that opens a file in the user's browser, nil where there is none.
// BROWSER goes before all, as for other programs.
func (p *program) browser(file string) *exec.Cmd {
	if named, _ := p.env("BROWSER"); named != "" {
		return exec.Command(named, file)
	}
	switch runtime.GOOS {
	case "windows":
		return exec.Command("rundll32", "url.dll,FileProtocolHandler", file)
	case "darwin":
		return exec.Command("open", file)
	}
	x, _ := p.env("DISPLAY")
	wayland, _ := p.env("WAYLAND_DISPLAY")
	if _, err := exec.LookPath("xdg-open"); err != nil || x+wayland == "" {
		return nil
	}
	return exec.Command("xdg-open", file)
}

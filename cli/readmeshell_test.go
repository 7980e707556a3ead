package cli

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestReadmeShells runs the blocks of sh of both READMEs in a shell, each in a folder of its
// own, and those of PowerShell and cmd line by line. What would fetch a program from elsewhere
// (tar, go, docker) is a stub that puts this one in its place.
func TestReadmeShells(t *testing.T) {
	if _, err := exec.LookPath("bash"); err != nil {
		t.Skip("there is no bash")
	}
	for _, name := range []string{"README.md", "README.zh.md"} {
		text, err := os.ReadFile("../" + name)
		if err != nil {
			t.Fatal(err)
		}
		blocks := shellBlock.FindAllStringSubmatch(string(text), -1)
		if len(blocks) < 5 {
			t.Fatalf("%s has %d blocks of shells, want at least 5", name, len(blocks))
		}
		for _, b := range blocks {
			t.Run(name+"/"+strings.Fields(b[2])[0], func(t *testing.T) {
				t.Parallel()
				runShell(t, b[1], b[2])
			})
		}
	}
}

var shellBlock = regexp.MustCompile("(?ms)^```(sh|powershell|bat)\n(.*?)^```$")

// stubs are programs that bring qwenbatch: the archive's, or one behind another command.
var stubs = map[string]string{
	"tar": `[[ $* =~ ^-xz?f\ qwenbatch_0\.1\.0_(linux|macos|windows)_amd64\.(tar\.gz|zip)$ ]] && ln -s "$QWENBATCH" qwenbatch`,
	"go":  `[[ $* == "install github.com/qwenbatch/qwenbatch@latest" ]]`,
	"docker": `while [[ $1 != ghcr.io/qwenbatch/qwenbatch ]]; do shift; done
shift
exec "$QWENBATCH" "$@"`,
	"qwenbatch": `exec "$QWENBATCH" "$@"`,
}

// runShell runs a block as a person does in one of the three shells. Those of Windows have the
// commands of sh here, but for their own way to unpack and to name a program.
func runShell(t *testing.T, shell, lines string) {
	r := served(t, "--speed", "100")
	bin := t.TempDir()
	for name, script := range stubs {
		if err := os.WriteFile(filepath.Join(bin, name), []byte("#!/bin/bash\n"+script+"\n"), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	for name, text := range map[string]string{"prompts.csv": "id,prompt\ncat,a cat\n", "picks.csv": "file,keep\n"} {
		if err := os.WriteFile(filepath.Join(r.dir, name), []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	r.copy("../manifests/examples", "manifests/examples")
	r.copy("../manifests/examples/photos", "photos")
	photo, err := os.ReadFile("../manifests/examples/photos/chair.png")
	if err == nil {
		err = os.WriteFile(filepath.Join(r.dir, "shirt.jpg"), photo, 0o666)
	}
	if err != nil {
		t.Fatal(err)
	}
	if shell != "sh" {
		lines = windowsWays.Replace(lines)
	}
	cmd := exec.Command("bash", "-euc", lines)
	self, err := exec.LookPath("qwenbatch") // put there by testscript.Main
	if err != nil {
		t.Fatal(err)
	}
	cmd.Dir = r.dir
	cmd.Env = append(r.env, "HOME="+r.dir, "PATH="+bin+string(os.PathListSeparator)+os.Getenv("PATH"),
		"QWENBATCH="+self)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("%s\n%s%v", lines, out, err)
	}
}

var windowsWays = strings.NewReplacer(`.\`, "./", "Expand-Archive", "tar -xf", " -DestinationPath .", "")

// Command pages writes the manual pages and the shell completions of qwenbatch, which a release
// carries beside the program:
//
//	go run ./cli/pages -date 2026-11-28 DIR
//
// makes DIR/man with a page a command, and DIR/completions with a file a shell. The same source
// and date make the same bytes.
package main

import (
	"cmp"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/cobra/doc"

	"github.com/qwenbatch/qwenbatch/cli"
)

func main() {
	day := flag.String("date", "", "date of the pages, as 2026-11-28")
	flag.Parse()
	if err := write(flag.Arg(0), *day); err != nil {
		fmt.Fprintln(os.Stderr, "pages:", err)
		os.Exit(1)
	}
}

func write(dir, day string) error {
	date, err := time.Parse(time.DateOnly, day)
	if err != nil {
		return err
	}
	root := cli.Command()
	root.DisableAutoGenTag = true
	return cmp.Or(writeManual(root, filepath.Join(dir, "man"), date),
		writeCompletions(root, filepath.Join(dir, "completions")))
}

func writeManual(root *cobra.Command, dir string, date time.Time) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	return doc.GenManTree(root, &doc.GenManHeader{Section: "1", Date: &date, Source: "qwenbatch",
		Manual: "qwenbatch"}, dir)
}

func writeCompletions(root *cobra.Command, dir string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	return cmp.Or(
		root.GenBashCompletionFileV2(filepath.Join(dir, "qwenbatch.bash"), true),
		root.GenZshCompletionFile(filepath.Join(dir, "qwenbatch.zsh")),
		root.GenFishCompletionFile(filepath.Join(dir, "qwenbatch.fish"), true),
		root.GenPowerShellCompletionFileWithDesc(filepath.Join(dir, "qwenbatch.ps1")))
}

package cli

import (
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/qwenbatch/qwenbatch/batch"
	"github.com/qwenbatch/qwenbatch/cli/term"
	"github.com/qwenbatch/qwenbatch/client"
	"github.com/qwenbatch/qwenbatch/manifests"
)

// What a shell offers when TAB is pressed. A description follows behind a tab. Nothing here is sent,
// and what cannot be read offers nothing.

const (
	noFiles = cobra.ShellCompDirectiveNoFileComp
	// completedAtMost is how many items are offered, and completedBytes how long a manifest is
	// that is read for it: somebody waits.
	completedAtMost = 500
	completedBytes  = 32 << 20
)

// offerValues lets the shell complete the flags of all commands.
func offerValues(p *program) {
	for cmd := range p.groups {
		cmd.Flags().VisitAll(func(f *pflag.Flag) {
			// The error would be of a flag that does not exist, or one that a command has said
			// already.
			_ = cmd.RegisterFlagCompletionFunc(f.Name, completion(p, f))
		})
	}
}

// completion offers the values of a flag to the shell.
func completion(p *program, f *pflag.Flag) cobra.CompletionFunc {
	switch f.Name {
	case "model":
		return cobra.FixedCompletions(modelNames(), noFiles)
	case "size":
		return completeSize(p)
	case "sheet":
		return completeSheet
	case "column":
		return completeColumn
	}
	var names []string
	directive := noFiles
	switch v := f.Value.(type) {
	case choiceFlag:
		names = v.among
	case textFlag:
		switch v.name {
		case "DIR":
			directive = cobra.ShellCompDirectiveFilterDirs
		case "FILE":
			directive = cobra.ShellCompDirectiveDefault
		}
	}
	return cobra.FixedCompletions(names, directive)
}

// completeManifest offers files that can be a manifest, as the only argument.
func completeManifest(_ *cobra.Command, args []string, _ string) ([]string,
	cobra.ShellCompDirective) {
	if len(args) > 0 {
		return nil, noFiles
	}
	return []string{"yaml", "yml", "csv", "tsv", "txt", "xlsx", "xlsm", "jsonl", "ndjson", "json"},
		cobra.ShellCompDirectiveFilterFileExt
}

// completeSize offers the sizes of the model, as a shape and as pixels.
func completeSize(p *program) cobra.CompletionFunc {
	return func(cmd *cobra.Command, args []string, _ string) ([]string,
		cobra.ShellCompDirective) {
		settleFlags(p, cmd, args)
		name := batch.DefaultModel
		if f := cmd.Flags().Lookup("model"); f != nil && f.Value.String() != "" {
			name = f.Value.String()
		}
		var shapes, pixels []string
		for _, s := range client.LookupModel(name).Sizes {
			text := strings.ReplaceAll(s.String(), "*", "x") // * means files to a shell
			shapes = append(shapes, s.Ratio()+"\t"+text+" of "+name)
			pixels = append(pixels, text+"\t"+s.Ratio()+" of "+name)
		}
		return append(shapes, pixels...), noFiles | cobra.ShellCompDirectiveKeepOrder
	}
}

// completeSheet offers the sheets of the workbook, or the lists of the JSON document.
func completeSheet(_ *cobra.Command, args []string, _ string) ([]string,
	cobra.ShellCompDirective) {
	if len(args) == 0 || !isSmall(args[0]) {
		return nil, noFiles
	}
	names, _ := manifests.Sheets(args[0])
	return names, noFiles
}

// completeColumn offers the fields, and behind = the headers of the manifest.
func completeColumn(cmd *cobra.Command, args []string, typed string) ([]string,
	cobra.ShellCompDirective) {
	field, _, said := strings.Cut(typed, "=")
	var offered []string
	if !said {
		for _, f := range manifests.Fields() {
			offered = append(offered, f+"=")
		}
		return offered, noFiles | cobra.ShellCompDirectiveNoSpace
	}
	if len(args) == 0 || !isSmall(args[0]) {
		return nil, noFiles
	}
	text := func(name string) string {
		if f := cmd.Flags().Lookup(name); f != nil {
			return f.Value.String()
		}
		return ""
	}
	headers, _ := manifests.Headers(args[0], manifests.Options{Format: text("format"),
		Encoding: text("encoding"), Sheet: text("sheet")})
	for _, h := range headers {
		offered = append(offered, field+"="+h)
	}
	return offered, noFiles
}

// isSmall reports whether a manifest is one that can be read while somebody waits.
func isSmall(name string) bool {
	info, err := os.Stat(name)
	return err == nil && info.Mode().IsRegular() && info.Size() <= completedBytes
}

// settleFlags gives a command the flags that the environment and files say, as before it runs.
func settleFlags(p *program, cmd *cobra.Command, args []string) {
	if p.bind(cmd.Flags()) == nil {
		_ = bindFiles(p, cmd, args) // what is wrong is told by the command itself
	}
}

// completeRedo offers the ids of the items of a batch; several stand with commas between them.
func completeRedo(p *program, saved func() *savedBatch) cobra.CompletionFunc {
	return func(cmd *cobra.Command, args []string, typed string) ([]string,
		cobra.ShellCompDirective) {
		if strings.HasPrefix(typed, "@") {
			return completeMarks(typed), noFiles
		}
		before := typed[:strings.LastIndex(typed, ",")+1]
		var offered []string
		if before == "" {
			offered = append(offered, batch.RedoMissing+"\tall whose pictures are gone")
		}
		withBatch(p, cmd, args, saved(), func(l *savedBatch) {
			for it, err := range l.manifest.Items() {
				if err != nil || len(offered) == completedAtMost {
					return
				}
				if it.ID != "" && strings.HasPrefix(before+it.ID, typed) {
					offered = append(offered, before+it.ID+"\t"+term.Short(term.Line(it.Prompt), 40))
				}
			}
		})
		return offered, noFiles | cobra.ShellCompDirectiveNoSpace
	}
}

// completeMarks offers the files of marks in this folder.
func completeMarks(typed string) (offered []string) {
	names, _ := filepath.Glob("*")
	for _, name := range names {
		if name = "@" + name; strings.HasPrefix(name, typed) &&
			slices.Contains([]string{".csv", ".xlsx"}, filepath.Ext(name)) {
			offered = append(offered, name)
		}
	}
	return offered
}

// completeHeld offers a manifest, and then the items of its batch that are held.
func completeHeld(p *program, l *savedBatch) cobra.CompletionFunc {
	return func(cmd *cobra.Command, args []string, typed string) (offered []string,
		directive cobra.ShellCompDirective) {
		if len(args) == 0 {
			return completeManifest(cmd, args, typed)
		}
		withBatch(p, cmd, args, l, func(l *savedBatch) {
			_, problems, _, _ := problemsOf(l.batch, completedAtMost)
			for _, f := range problems {
				name := f.ID
				if name == "" {
					name = f.Key
				}
				if f.Status == "held" && !slices.Contains(args[1:], name) {
					offered = append(offered, name+"\t"+term.ReasonOf(f.Code, f.Message))
				}
			}
		})
		return offered, noFiles
	}
}

// withBatch opens the batch of the manifest that was typed, where there is one and it can be.
func withBatch(p *program, cmd *cobra.Command, args []string, l *savedBatch,
	f func(*savedBatch)) {
	if len(args) == 0 || !isSmall(args[0]) {
		return
	}
	settleFlags(p, cmd, args)
	closing, err := l.openReadOnly(p, cmd, args[0], false)
	if err != nil {
		return
	}
	defer closing()
	f(l)
}

package cli

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"gopkg.in/yaml.v3"

	"github.com/qwenbatch/qwenbatch/cli/term"
	"github.com/qwenbatch/qwenbatch/manifests/spell"
)

// defaultsName is the file that gives defaults of flags: one beside the manifest, and one in the
// user's configuration folder, which loses against it. Both lose against the environment.
const defaultsName = "qwenbatch.yaml"

// onlyTyped are flags that a file would repeat with every run, or that are about one moment.
var onlyTyped = []string{"redo", "new", "accept-changes", "restored", "resubmit", "adopt",
	"abandon", "all-pending", "help", "version"}

// onlyUsers are flags that a file beside a manifest does not set, since whoever sends somebody a
// folder could run programs with it, read the key or spend money.
var onlyUsers = []string{"after", "base-url", "insecure", "api-key-file",
	"allow-private-image-hosts", "yes", "on-doubt"}

// onlyBeside are flags that are about one manifest.
var onlyBeside = []string{"out", "junit", "sheet", "column", "no-header", "format"}

// A defaultsFile is a file of defaults that may be there.
type defaultsFile struct {
	path   string
	users  bool // it is the one of the user's configuration folder
	fields []defaultsField
	found  bool
}

// A defaultsField is a flag that a file sets.
type defaultsField struct {
	name   string
	values []string
	place  string // file:line
}

// defaultsFiles are the files that a command on a manifest looks for, the strongest first. The
// manifest is "" where the command has none.
func defaultsFiles(manifest string) []defaultsFile {
	var files []defaultsFile
	if manifest != "" {
		beside := filepath.Join(filepath.Dir(manifest), defaultsName) // of - : in this folder
		if !sameFile(beside, manifest) {
			files = append(files, defaultsFile{path: beside})
		}
	}
	if folder, err := os.UserConfigDir(); err == nil {
		own := filepath.Join(folder, "qwenbatch", defaultsName)
		if len(files) == 0 || !sameFile(own, files[0].path) {
			files = append(files, defaultsFile{path: own, users: true})
		}
	}
	return files
}

// bindFiles sets flags that nobody has said from the files of defaults.
func bindFiles(p *program, cmd *cobra.Command, args []string) error {
	manifest := ""
	if strings.Contains(cmd.Use, "MANIFEST") && len(args) > 0 {
		manifest = args[0]
	}
	_, err := takeDefaults(cmd, p.groups[cmd], manifest)
	return err
}

// takeDefaults sets flags of a command from the files, and returns these.
func takeDefaults(cmd *cobra.Command, groups []group, manifest string) ([]defaultsFile, error) {
	files := defaultsFiles(manifest)
	for i := range files {
		if err := files[i].read(cmd.Root()); err != nil {
			return files, err
		}
	}
	apply := func(name string) error {
		for _, file := range files {
			for _, field := range file.fields {
				if field.name == name {
					return file.set(cmd.Flags(), field)
				}
			}
		}
		return nil
	}
	names := takesDefaults(cmd, groups, manifest)
	// a rehearsal has a folder of its own
	if err := apply("rehearse"); err != nil {
		return files, err
	}
	if f := cmd.Flags().Lookup("rehearse"); f != nil && f.Value.String() == "true" {
		names = slices.DeleteFunc(names, func(name string) bool { return name == "out" })
	}
	for _, name := range names {
		if f := cmd.Flags().Lookup(name); f == nil || f.Changed {
			continue
		}
		if err := apply(name); err != nil {
			return files, err
		}
	}
	return files, nil
}

// takesDefaults are the flags of a command that a file may set: all of those about pictures, and of
// others those that lead to the service.
func takesDefaults(cmd *cobra.Command, groups []group, manifest string) []string {
	names := flagNames(cmd.Flags())
	if manifest == "" && cmd.Name() != "generate" {
		names = nil
		for _, g := range groups {
			if g.title == serviceTitle {
				names = flagNames(g.flags)
			}
		}
	}
	return slices.DeleteFunc(names, func(name string) bool { return !suits(name, manifest) })
}

// suits reports whether a flag of the reading is about such a manifest at all: a file is for all
// of its folder.
func suits(flag, manifest string) bool {
	kind := strings.ToLower(filepath.Ext(manifest))
	book := kind == ".xlsx" || kind == ".xlsm"
	switch flag {
	case "sheet":
		return book || kind == ".json"
	case "visible-only":
		return book
	case "no-header", "column", "encoding":
		return kind != ".yaml" && kind != ".yml" && (flag == "column" || !book)
	}
	return true
}

// read reads a file, where it is there. All of its mistakes are returned as one.
func (f *defaultsFile) read(root *cobra.Command) error {
	text, err := os.ReadFile(f.path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return &mistake{text: err.Error()}
	}
	f.found = true
	var document yaml.Node
	if err := yaml.Unmarshal(text, &document); err != nil {
		return &mistake{text: f.path + ": " + strings.TrimPrefix(err.Error(), "yaml: "),
			hint: "it gives defaults of flags, a line each, as in size: \"16:9\""}
	}
	if len(document.Content) == 0 {
		return nil // only comments
	}
	top := document.Content[0]
	if top.Kind != yaml.MappingNode {
		return &mistake{text: f.path + " gives no defaults of flags",
			hint: "write a line each, as in size: \"16:9\""}
	}
	return f.readFields(top, allFlags(root))
}

func (f *defaultsFile) readFields(top *yaml.Node, known []string) error {
	var wrong []string
	complain := func(n *yaml.Node, text string) {
		wrong = append(wrong, fmt.Sprintf("%s:%d:%d: %s", f.path, n.Line, n.Column, text))
	}
	seen := map[string]bool{}
	for i := 0; i+1 < len(top.Content); i += 2 {
		key, value := top.Content[i], top.Content[i+1]
		name := strings.ReplaceAll(strings.TrimLeft(key.Value, "-"), "_", "-")
		values, readable := fieldValues(name, value)
		switch trouble := f.refuses(name, known); {
		case trouble != "":
			complain(key, term.Plain(key.Value)+": "+trouble)
		case seen[name]:
			complain(key, name+": is there twice")
		case !readable:
			complain(value, name+": a text, a number, true or false is wanted")
		default:
			seen[name] = true
			f.fields = append(f.fields, defaultsField{name, values,
				fmt.Sprintf("%s:%d", f.path, key.Line)})
		}
	}
	if len(wrong) > 0 {
		return &mistake{text: strings.Join(wrong, "\n"),
			hint: defaultsName + " gives defaults of flags: qwenbatch help environment"}
	}
	return nil
}

// refuses is why a file cannot set a flag; "" where it can.
func (f *defaultsFile) refuses(name string, known []string) string {
	switch {
	case slices.Contains([]string{"items", "rows", "defaults"}, name):
		return "is of a manifest, and " + defaultsName +
			" gives defaults of flags; call the manifest otherwise"
	case !slices.Contains(known, name):
		if near := spell.Nearest(name, known); near != "" {
			return "is no flag; did you mean " + near + "?"
		}
		return "is no flag"
	case slices.Contains(onlyTyped, name):
		return "is for the command line alone: a file would say it with every run"
	case !f.users && slices.Contains(onlyUsers, name):
		return "is for the command line, the environment and " + usersFile() +
			": a folder that somebody sends you must not decide it"
	case f.users && slices.Contains(onlyBeside, name):
		return "is about one manifest: it belongs into a " + defaultsName + " beside that"
	}
	return ""
}

// usersFile is the file in the user's configuration folder.
func usersFile() string {
	folder, err := os.UserConfigDir()
	if err != nil {
		return "the one of the configuration folder"
	}
	return filepath.Join(folder, "qwenbatch", defaultsName)
}

// fieldValues are the texts of a value: one, those of a list, or the pairs of columns.
func fieldValues(name string, n *yaml.Node) (values []string, readable bool) {
	switch {
	case n.Kind == yaml.ScalarNode && n.Tag != "!!null":
		return []string{n.Value}, true
	case n.Kind == yaml.SequenceNode:
		for _, one := range n.Content {
			if one.Kind != yaml.ScalarNode {
				return nil, false
			}
			values = append(values, one.Value)
		}
		return values, true
	case n.Kind == yaml.MappingNode && name == "column":
		for i := 0; i+1 < len(n.Content); i += 2 {
			if n.Content[i+1].Kind != yaml.ScalarNode {
				return nil, false
			}
			values = append(values, n.Content[i].Value+"="+n.Content[i+1].Value)
		}
		return values, true
	}
	return nil, false
}

// set sets a flag that nobody has said.
func (f *defaultsFile) set(flags *pflag.FlagSet, field defaultsField) error {
	flag := flags.Lookup(field.name)
	if flag == nil || flag.Changed {
		return nil
	}
	for _, value := range field.values {
		if text, is := flag.Value.(textFlag); is && (text.name == "DIR" || text.name == "FILE") {
			value = f.from(value)
		}
		if err := flags.Set(field.name, value); err != nil {
			return wrongValue(field.place+": "+field.name, value, err)
		}
	}
	return flags.SetAnnotation(field.name, fromFile, []string{field.place})
}

// from is a path as the file means it: from its own folder.
func (f *defaultsFile) from(path string) string {
	if path = atHome(path); path == "" || filepath.IsAbs(path) {
		return path
	}
	return filepath.Join(filepath.Dir(f.path), path)
}

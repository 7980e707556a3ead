package output

import (
	"fmt"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strings"
)

// A page from disk cannot load modules, so the page's are written into one script: each becomes
// a function that is called once, after those that it imports, and returns what it exports.
// The modules keep to what the patterns below match, a statement a line; exported names are
// never assigned again.
var (
	importLine = regexp.MustCompile(`(?m)^import (?:\* as )?(.+) from '\./(\w+)\.mjs';\n`)
	exportWord = regexp.MustCompile(`(?m)^export ((?:const|class|(?:async )?function) )`)
	exported   = regexp.MustCompile(`(?m)^export (?:const|class|(?:async )?function) ([\w$]+)`)
)

// A scriptBundle collects modules, each after what it imports.
type scriptBundle struct {
	sources fs.FS
	written strings.Builder
	begun   []string
}

// bundleScript returns the script that runs the module name and all that it imports.
func bundleScript(sources fs.FS, name string) (string, error) {
	b := &scriptBundle{sources: sources}
	b.written.WriteString("'use strict';\n")
	err := b.add(name)
	return b.written.String(), err
}

func (b *scriptBundle) add(name string) error {
	if slices.Contains(b.begun, name) {
		return nil
	}
	b.begun = append(b.begun, name)
	source, err := fs.ReadFile(b.sources, path.Join("page", name+".mjs"))
	if err != nil {
		return err
	}
	for _, line := range importLine.FindAllSubmatch(source, -1) {
		if err := b.add(string(line[2])); err != nil {
			return err
		}
	}
	body := importLine.ReplaceAllString(string(source), "const $1 = module_$2;\n")
	fmt.Fprintf(&b.written, "const module_%s = (() => {\n%sreturn { %s };\n})();\n", name,
		exportWord.ReplaceAllString(body, "$1"), strings.Join(exportsOf(source), ", "))
	return nil
}

func exportsOf(source []byte) []string {
	var names []string
	for _, found := range exported.FindAllSubmatch(source, -1) {
		names = append(names, string(found[1]))
	}
	return names
}

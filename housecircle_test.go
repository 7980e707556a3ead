package main_test

import (
	"go/ast"
	"go/types"
	"path"
	"runtime"
	"slices"
	"strings"
	"testing"
)

// TestCircles wants no more than a few files of a package to need each other: to know one of a circle is to know all. It also
// wants no type with more methods than a reader can keep in mind.
func TestCircles(t *testing.T) {
	for _, f := range folders(t) {
		files, methods := 8, 30
		if f.path == "batch" {
			files, methods = 10, 60
		}
		pkg, uses, code := f.checked()
		needs := map[string]map[string]bool{} // by file
		for id, object := range uses {
			from, to := positions.Position(id.Pos()).Filename, positions.Position(object.Pos()).Filename
			if object.Pkg() == pkg && from != to && slices.Contains(code, to) && declared(object) {
				if needs[from] == nil {
					needs[from] = map[string]bool{}
				}
				needs[from][to] = true
			}
		}
		if circle := largestCircle(needs); len(circle) > files {
			t.Errorf("%s: %d files need each other, want at most %d: %s", f.path, len(circle), files, strings.Join(circle, " "))
		}
		for _, name := range pkg.Scope().Names() {
			if named, ok := pkg.Scope().Lookup(name).Type().(*types.Named); ok && named.NumMethods() > methods {
				t.Errorf("%s.%s has %d methods, want at most %d", f.path, name, named.NumMethods(), methods)
			}
		}
	}
}

// declared reports whether an object is a package's own, or a method: no local, parameter or field.
func declared(o types.Object) bool {
	if f, ok := o.(*types.Func); ok {
		return f.Pos().IsValid()
	}
	return o.Parent() == o.Pkg().Scope()
}

// checked type-checks the code of a folder for this system. What it imports stays unknown, which is an error that is ignored.
func (f folder) checked() (pkg *types.Package, uses map[*ast.Ident]types.Object, names []string) {
	var trees []*ast.File
	for _, file := range f.code() {
		if system, ok := systemOf(file.name); !ok || system == runtime.GOOS {
			trees, names = append(trees, file.tree), append(names, file.name)
		}
	}
	info := &types.Info{Uses: map[*ast.Ident]types.Object{}}
	check := types.Config{Importer: noImports{}, Error: func(error) {}}
	pkg, _ = check.Check(f.path, positions, trees, info)
	return pkg, info.Uses, names
}

// systemOf is the system that the name of a file is for.
func systemOf(file string) (string, bool) {
	_, system, found := strings.Cut(strings.TrimSuffix(path.Base(file), ".go"), "_")
	switch {
	case system == "unix" && runtime.GOOS != "windows":
		return runtime.GOOS, found
	case system == "other": // than what has a file of its own
		return system, found
	}
	return system, found
}

// largestCircle returns the most files that all reach each other.
func largestCircle(needs map[string]map[string]bool) (largest []string) {
	reach := map[string]map[string]bool{}
	for from := range needs {
		seen := map[string]bool{}
		next := []string{from}
		for len(next) > 0 {
			at := next[len(next)-1]
			next = next[:len(next)-1]
			for to := range needs[at] {
				if !seen[to] {
					seen[to] = true
					next = append(next, to)
				}
			}
		}
		reach[from] = seen
	}
	for from, reached := range reach {
		circle := []string{}
		for to := range reached {
			if reach[to][from] {
				circle = append(circle, to)
			}
		}
		if len(circle) > len(largest) {
			slices.Sort(circle)
			largest = circle
		}
	}
	return largest
}

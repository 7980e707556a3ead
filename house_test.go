package main_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"
	"io"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
)

// The rules of the house: who may import whom (docs/design.md), and what the code has promised its readers.

const module = "github.com/qwenbatch/qwenbatch"

// mayImport lists, for each package, which of ours it may import. The packages that only tests use come last.
var mayImport = map[string][]string{
	".":   {"cli"},
	"cli": {"batch", "batch/halt", "batch/pictures", "batch/report", "batch/settle", "batch/state", "cli/exam", "cli/probe", "cli/term", "client", "client/emulator", "manifests", "manifests/inputs", "manifests/spell", "output", "output/durable", "output/filename", "output/imagefile"},
	"batch": {
		"batch/download",
		"batch/halt",
		"batch/pace",
		"batch/pictures",
		"batch/poll",
		"batch/report",
		"batch/settle",
		"batch/state",
		"batch/tasklist",
		"client", "manifests", "output", "output/durable", "output/filename", "output/imagefile",
	},

	"batch/download": {"batch/pace", "batch/pictures", "batch/state", "batch/tasklist", "client", "output/imagefile"},
	"batch/halt":     {"batch/pace", "batch/state", "client"},
	"batch/pace":     {"client"},
	"batch/pictures": {"batch/pace", "batch/state", "client", "manifests", "output/durable", "output/filename", "output/imagefile"},
	"batch/poll":     {"batch/pace", "client"},
	"batch/report":   {"batch/pace", "batch/pictures", "batch/state", "client", "manifests", "output", "output/durable"},
	"batch/settle":   {"batch/pace", "batch/state", "batch/tasklist", "client"},
	"batch/state":    {"client", "output/durable"},
	"batch/tasklist": {"batch/pace", "batch/state", "client", "output/durable"},

	"client":    nil,
	"manifests": {"manifests/charset", "manifests/inputs", "manifests/shell", "manifests/spell", "manifests/spool", "manifests/template", "manifests/xlsx"},
	"output":    {"output/durable", "output/filename", "output/imagefile"},

	"output/durable":   nil,
	"output/filename":  nil,
	"output/imagefile": nil,

	"cli/exam":           {"client/emulator"},
	"cli/probe":          {"client"},
	"cli/term":           {"batch", "batch/halt", "client", "manifests/shell"},
	"manifests/charset":  nil,
	"manifests/inputs":   nil,
	"manifests/shell":    nil,
	"manifests/spell":    nil,
	"manifests/spool":    nil,
	"manifests/template": {"manifests/spell"},
	"manifests/xlsx":     {"manifests/spool"},

	// Not even client: its wire structs are its own, so that a wrong field name on one side fails a test.
	"client/emulator":      {"client/emulator/draw"},
	"client/emulator/draw": nil,

	"output/disktest": {"output/durable"},
	"batch/torture":   nil,
	"cli/pages":       {"cli"},
}

// testsMayImport lists what tests may import beside themselves and what their package may.
var testsMayImport = map[string][]string{
	"batch":           {"client/emulator", "output/disktest"},
	"batch/pictures":  {"output/disktest"},
	"batch/state":     {"output/disktest"},
	"cli":             {"manifests/charset", "output/disktest"},
	"cli/exam":        {"client"},
	"cli/probe":       {"client/emulator"},
	"client":          {"client/emulator"},
	"client/emulator": {"client"},
	"output":          {"output/disktest"},

	"output/durable":   {"output/disktest", "output/imagefile"},
	"output/filename":  {"output/disktest", "output/durable"},
	"output/imagefile": {"output/durable"},
}

// A folder is a package with all of its files, those of other systems too.
type folder struct {
	path  string // below the module; "." is the command
	name  string // of the package
	files []file
}

type file struct {
	name   string // path below the module
	lines  int
	isTest bool
	tree   *ast.File
}

// house is parsed once, for all of the tests.
var house = sync.OnceValues(readHouse)

var positions = token.NewFileSet()

func readHouse() ([]folder, error) {
	list := exec.Command("go", "list", "-json=ImportPath,Dir,Name,GoFiles,IgnoredGoFiles,TestGoFiles,XTestGoFiles", "./...")
	out, err := list.Output()
	if exit := (*exec.ExitError)(nil); errors.As(err, &exit) {
		return nil, fmt.Errorf("go list: %v\n%s", err, exit.Stderr)
	} else if err != nil {
		return nil, err
	}
	var house []folder
	for d := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p struct {
			ImportPath, Dir, Name                              string
			GoFiles, IgnoredGoFiles, TestGoFiles, XTestGoFiles []string
		}
		if err := d.Decode(&p); err == io.EOF {
			return house, nil
		} else if err != nil {
			return nil, err
		}
		if _, err := os.ReadDir(p.Dir); err != nil { // so that go test, which caches, sees a new file
			return nil, err
		}
		f := folder{path: below(p.ImportPath), name: p.Name}
		for _, name := range slices.Concat(p.GoFiles, p.IgnoredGoFiles, p.TestGoFiles, p.XTestGoFiles) {
			parsed, err := readFile(p.Dir, f.path, name)
			if err != nil {
				return nil, err
			}
			f.files = append(f.files, parsed)
		}
		house = append(house, f)
	}
}

func readFile(dir, folder, name string) (file, error) {
	source, err := os.ReadFile(filepath.Join(dir, name))
	if err != nil {
		return file{}, err
	}
	f := file{name: path.Join(folder, name), lines: strings.Count(string(source), "\n"), isTest: strings.HasSuffix(name, "_test.go")}
	f.tree, err = parser.ParseFile(positions, f.name, source, parser.ParseComments)
	return f, err
}

// below is the path of one of our packages below the module, and "" for all others.
func below(importPath string) string {
	if importPath == module {
		return "."
	}
	rest, _ := strings.CutPrefix(importPath, module+"/")
	if rest == importPath {
		return ""
	}
	return rest
}

// folders fails the test where the house cannot be read.
func folders(t *testing.T) []folder {
	t.Helper()
	house, err := house()
	if err != nil {
		t.Fatal(err)
	}
	if len(house) < 7 {
		t.Fatalf("go list shows %d packages, want all of docs/design.md", len(house))
	}
	return house
}

// code is what is no test.
func (f folder) code() []file {
	return slices.DeleteFunc(slices.Clone(f.files), func(f file) bool { return f.isTest })
}

// TestDesignNamesWhatIsThere wants each file and folder that docs/design.md names, and each package in its tree.
func TestDesignNamesWhatIsThere(t *testing.T) {
	text, err := os.ReadFile("docs/design.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range regexp.MustCompile("`([a-z_]+(?:/[a-z_.]+)+|[a-z_]+\\.go)`").FindAllSubmatch(text, -1) {
		name := string(m[1])
		if strings.HasPrefix(name, "golang.org/") {
			continue
		}
		if _, err := os.Stat(name); err != nil {
			t.Errorf("docs/design.md names %s: %v", name, err)
		}
	}
	for _, f := range folders(t) {
		if f.path != "." && !bytes.Contains(text, []byte(f.path+"/ ")) {
			t.Errorf("the tree of docs/design.md lacks %s", f.path)
		}
	}
	if lines := bytes.Count(text, []byte("\n")); lines > 150 {
		t.Errorf("docs/design.md has %d lines, want at most 150", lines)
	}
}

func TestImportsRunOneWay(t *testing.T) {
	for _, from := range folders(t) {
		allowed, known := mayImport[from.path]
		if !known {
			t.Errorf("%s is new: say in mayImport what it may import, and in docs/design.md what it is", from.path)
		}
		for _, f := range from.files {
			allowed := allowed
			if f.isTest {
				allowed = slices.Concat(allowed, testsMayImport[from.path], []string{from.path})
			}
			for _, spec := range f.tree.Imports {
				target, _ := strconv.Unquote(spec.Path.Value)
				if to := below(target); to != "" && !slices.Contains(allowed, to) {
					t.Errorf("%s imports %s, want only %q", f.name, to, allowed)
				}
			}
		}
	}
}

func TestMainDoesNothing(t *testing.T) {
	for _, f := range folders(t)[0].code() {
		if f.name != "main.go" || f.lines > 12 {
			t.Errorf("%s has %d lines, want nothing but a main.go of 12 at most: the command lives in cli", f.name, f.lines)
		}
	}
}

func TestFilesAreShort(t *testing.T) {
	for _, p := range folders(t) {
		for _, f := range p.code() {
			if f.lines > 500 {
				t.Errorf("%s has %d lines, want at most 500", f.name, f.lines)
			}
		}
	}
}

func TestNothingSleeps(t *testing.T) {
	for _, p := range folders(t) {
		for _, f := range p.code() {
			ast.Inspect(f.tree, func(n ast.Node) bool {
				if s, ok := n.(*ast.SelectorExpr); ok && s.Sel.Name == "Sleep" {
					if x, ok := s.X.(*ast.Ident); ok && x.Name == "time" {
						t.Errorf("%v: time.Sleep cannot be cancelled, want a timer and the context", positions.Position(n.Pos()))
					}
				}
				return true
			})
		}
	}
}

// saidByAnInterface are methods whose meaning is another package's, so that they need no comment of their own.
var saidByAnInterface = []string{"Error", "Unwrap", "Is", "String", "Format", "LogValue", "MarshalJSON", "UnmarshalJSON", "MarshalText", "UnmarshalText", "ServeHTTP"}

func TestExportedNamesAreExplained(t *testing.T) {
	for _, p := range folders(t) {
		if p.name == "main" {
			continue
		}
		for _, f := range p.code() {
			for _, d := range f.tree.Decls {
				for _, name := range unexplained(d) {
					t.Errorf("%v: %s has no comment that starts with its name", positions.Position(name.Pos()), name.Name)
				}
			}
		}
	}
}

// unexplained returns the exported names of a declaration that lack a comment.
func unexplained(d ast.Decl) []*ast.Ident {
	switch d := d.(type) {
	case *ast.FuncDecl:
		method := d.Recv != nil
		if method && (!ast.IsExported(receiver(d)) || slices.Contains(saidByAnInterface, d.Name.Name)) {
			return nil
		}
		return unlessExplained(d.Name, d.Doc)
	case *ast.GenDecl:
		var names []*ast.Ident
		for _, s := range d.Specs {
			names = append(names, unexplainedSpec(s, d)...)
		}
		return names
	}
	return nil
}

// unexplainedSpec takes, for constants and variables, any comment: on the group, above the line or behind it.
func unexplainedSpec(s ast.Spec, d *ast.GenDecl) []*ast.Ident {
	switch s := s.(type) {
	case *ast.TypeSpec:
		if d.Lparen.IsValid() {
			return unlessExplained(s.Name, s.Doc)
		}
		return unlessExplained(s.Name, d.Doc)
	case *ast.ValueSpec:
		if d.Doc != nil || s.Doc != nil || s.Comment != nil {
			return nil
		}
		return slices.DeleteFunc(slices.Clone(s.Names), func(n *ast.Ident) bool { return !n.IsExported() })
	}
	return nil
}

func unlessExplained(name *ast.Ident, doc *ast.CommentGroup) []*ast.Ident {
	starts := regexp.MustCompile(`^((A|An|The) )?` + name.Name + `\b`)
	if !name.IsExported() || doc != nil && starts.MatchString(doc.Text()) {
		return nil
	}
	return []*ast.Ident{name}
}

func receiver(d *ast.FuncDecl) string {
	t := d.Recv.List[0].Type
	if star, ok := t.(*ast.StarExpr); ok {
		t = star.X
	}
	if generic, ok := t.(*ast.IndexExpr); ok {
		t = generic.X
	}
	if name, ok := t.(*ast.Ident); ok {
		return name.Name
	}
	return ""
}

func TestPackageVariablesDoNotChange(t *testing.T) {
	for _, p := range folders(t) {
		for _, c := range changes(p.path, p.code()) {
			t.Errorf("%v: %s is a package's variable and changes here", positions.Position(c.Pos()), c.Name)
		}
	}
}

// changes returns the places where a variable of a package, of this or another one, is assigned. The files are checked
// without what they import, which is enough to tell a package's names from local ones.
func changes(path string, files []file) []*ast.Ident {
	info := &types.Info{Uses: map[*ast.Ident]types.Object{}}
	check := types.Config{Importer: noImports{}, Error: func(error) {}}
	var trees []*ast.File
	for _, f := range files {
		trees = append(trees, f.tree)
	}
	pkg, _ := check.Check(path, positions, trees, info)
	var found []*ast.Ident
	for _, tree := range trees {
		ast.Inspect(tree, func(n ast.Node) bool {
			for _, x := range assigned(n) {
				name := root(x)
				switch object := info.Uses[name].(type) {
				case *types.Var:
					if object.Parent() == pkg.Scope() {
						found = append(found, name)
					}
				case *types.PkgName:
					found = append(found, name)
				}
			}
			return true
		})
	}
	return found
}

// assigned returns what a statement assigns to.
func assigned(n ast.Node) []ast.Expr {
	switch n := n.(type) {
	case *ast.AssignStmt:
		if n.Tok != token.DEFINE {
			return n.Lhs
		}
	case *ast.IncDecStmt:
		return []ast.Expr{n.X}
	case *ast.RangeStmt:
		if n.Tok == token.ASSIGN {
			return []ast.Expr{n.Key, n.Value}
		}
	case *ast.CallExpr:
		if f, ok := n.Fun.(*ast.Ident); ok && (f.Name == "delete" || f.Name == "clear") {
			return n.Args[:1]
		}
	}
	return nil
}

// root is x in x, x.f, x[i], *x and (x), and nil for what has no name.
func root(x ast.Expr) *ast.Ident {
	for {
		switch e := x.(type) {
		case *ast.Ident:
			return e
		case *ast.SelectorExpr:
			x = e.X
		case *ast.IndexExpr:
			x = e.X
		case *ast.StarExpr:
			x = e.X
		case *ast.ParenExpr:
			x = e.X
		default:
			return nil
		}
	}
}

// noImports makes every import an empty package.
type noImports struct{}

func (noImports) Import(importPath string) (*types.Package, error) {
	p := types.NewPackage(importPath, path.Base(importPath))
	p.MarkComplete()
	return p, nil
}

// The rule above would pass for ever if the check without imports lost names.
func TestChangesAreFound(t *testing.T) {
	const source = `package p
import "net/http"
var a, b, c, d, e int
var m = map[string]int{}
var s struct{ f []int }
var p *struct{ f int }
func f(a int) {
	a = 1                 // a parameter
	b := 2; b = 3         // a local one
	a, c = 1, 2           // c
	d++                   // d
	go func() { e += 1 }() // e
	m["x"] = 1            // m
	delete(m, "x")        // m
	s.f[0] = 1            // s
	(*p).f = 1            // p
	http.DefaultClient = nil          // http
	http.Serve(func() { c = 1 })      // c
	unknown.Call(func() { c = 1 }, 7) // c
	for a, d = range []int{} {} // d
}
`
	tree, err := parser.ParseFile(positions, "changes.go", source, 0)
	if err != nil {
		t.Fatal(err)
	}
	twin, err := parser.ParseFile(positions, "twin.go", "package p\nfunc f(int) { c = 1 }\n", 0)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, c := range changes("p", []file{{tree: tree}, {tree: twin}}) {
		got = append(got, c.Name)
	}
	if want := strings.Fields("c d e m m s p http c c d c"); !slices.Equal(got, want) {
		t.Errorf("changes = %q, want %q", got, want)
	}
}

// TestGoVersion holds the go line of go.mod to the oldest Go that the dependencies of the library take.
func TestGoVersion(t *testing.T) {
	list := func(args ...string) []string {
		out, err := exec.Command("go", append([]string{"list"}, args...)...).Output()
		if err != nil {
			t.Skipf("go list: %v", err)
		}
		return strings.Fields(string(out))
	}
	own := list("-m", "-f", "{{.GoVersion}}")
	forced := list("-deps", "-f", "{{with .Module}}{{if not .Main}}{{.GoVersion}}{{end}}{{end}}", ".", "./client")
	if len(own) != 1 || len(forced) == 0 {
		t.Fatalf("go lines %v, %v", own, forced)
	}
	if newest := slices.MaxFunc(forced, gover); gover(own[0], newest) > 0 {
		t.Errorf("go.mod wants Go %s, its dependencies no more than %s", own[0], newest)
	}
}

// gover compares two versions of Go by their numbers.
func gover(a, b string) int {
	number := func(s string) (all []int) {
		for part := range strings.SplitSeq(s, ".") {
			n, _ := strconv.Atoi(part)
			all = append(all, n)
		}
		return all
	}
	return slices.Compare(number(a), number(b))
}

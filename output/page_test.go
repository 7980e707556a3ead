package output

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/qwenbatch/qwenbatch/output/durable"
)

// TestPageModules runs the tests of the page's modules (page/test) in node, where it is installed.
func TestPageModules(t *testing.T) {
	node, err := exec.LookPath("node")
	if err != nil {
		t.Skip("node is not installed: the modules of the page were not tested")
	}
	tests, err := filepath.Glob("page/test/*.mjs")
	if err != nil || len(tests) == 0 {
		t.Fatalf("page/test has %d tests, %v", len(tests), err)
	}
	noticed(t, "page/*.mjs", "page/test/*.mjs")
	if out, err := exec.Command(node, append([]string{"--test"}, tests...)...).CombinedOutput(); err != nil {
		t.Errorf("node --test: %v\n%s", err, out)
	}
}

// noticed reads what only another program reads, so that go test, which remembers results, sees a change.
func noticed(t *testing.T, patterns ...string) {
	t.Helper()
	for _, pattern := range patterns {
		names, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range names {
			if _, err := os.ReadFile(name); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// A statement that the bundle does not understand would be left as it is, and no browser would run the page.
func TestScriptBundleLeavesNoImportOrExport(t *testing.T) {
	script, err := bundleScript(pageFiles, "main")
	if err != nil {
		t.Fatal(err)
	}
	if left := regexp.MustCompile(`(?m)^\s*(import|export)\b.*`).FindString(script); left != "" {
		t.Errorf("the script has %q", left)
	}
	modules, err := filepath.Glob("page/*.mjs")
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range modules {
		if name := strings.TrimSuffix(filepath.Base(m), ".mjs"); strings.Count(script, "const module_"+name+" = ") != 1 {
			t.Errorf("module %s is not in the script once", name)
		}
	}
	if node, err := exec.LookPath("node"); err == nil {
		check := exec.Command(node, "--check", "-")
		check.Stdin = strings.NewReader(script)
		if out, err := check.CombinedOutput(); err != nil {
			t.Errorf("node --check: %v\n%s", err, out)
		}
	}
}

func TestScriptBundleRunsEachModuleAfterItsImports(t *testing.T) {
	files := fstest.MapFS{
		"page/main.mjs": {Data: []byte("import { b } from './b.mjs';\nimport * as c from './c.mjs';\nb(c.one);\n")},
		"page/b.mjs":    {Data: []byte("import { one } from './c.mjs';\nexport function b() { return one }\n")},
		"page/c.mjs":    {Data: []byte("export const one = 1;\nconst two = 2;\n")},
	}
	got, err := bundleScript(files, "main")
	want := "'use strict';\n" +
		"const module_c = (() => {\nconst one = 1;\nconst two = 2;\nreturn { one };\n})();\n" +
		"const module_b = (() => {\nconst { one } = module_c;\nfunction b() { return one }\nreturn { b };\n})();\n" +
		"const module_main = (() => {\nconst { b } = module_b;\nconst c = module_c;\nb(c.one);\nreturn {  };\n})();\n"
	if got != want || err != nil {
		t.Errorf("bundle = %v,\n%s\nwant\n%s", err, got, want)
	}
	if _, err := bundleScript(fstest.MapFS{}, "main"); err == nil {
		t.Error("a module that is missing is no error")
	}
}

func TestOlderPicturesAreFoundByTheNamesOfThoseInTheirPlace(t *testing.T) {
	d := picturedFolder(t)
	if err := d.Mkdir(replacedDir); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"a.png", "a~2.png", "a~b.png", "cat-2.jpg"} {
		if err := durable.ReplaceUnsynced(d, replacedDir+"/"+name, nil); err != nil {
			t.Fatal(err)
		}
	}
	older := findOlder(d)
	for file, want := range map[string]string{
		"images/a.png": "images/replaced/a.png images/replaced/a~2.png", "images/a~b.png": "images/replaced/a~b.png",
		"images/cat-2.png": "images/replaced/cat-2.jpg", "images/cat.png": "", "images/b.png": "",
	} {
		if got := older.of(file); !slices.Equal(got, strings.Fields(want)) {
			t.Errorf("older.of(%q) = %q, want %q", file, got, want)
		}
	}
	if len(findOlder(nil)) != 0 {
		t.Error("no folder has older pictures")
	}
}

package main_test

import (
	"path"
	"regexp"
	"strings"
	"testing"
)

// TestThePlaceIsOne holds everything that says where the project lives to the module of go.mod
// and to REPOSITORY in .goreleaser.yaml.
func TestThePlaceIsOne(t *testing.T) {
	repository := strings.TrimPrefix(module, "github.com/")
	owner, name := path.Split(repository)
	owner = strings.TrimSuffix(owner, "/")
	for file, want := range map[string]string{
		"go.mod":           "module " + module,
		".ci/tools/go.mod": "module " + module + "/tools",
		".goreleaser.yaml": "REPOSITORY=" + repository,
	} {
		if !strings.Contains(readme(t, file), want) {
			t.Errorf("%s lacks %q", file, want)
		}
	}
	said := regexp.MustCompile(`(?:(?:github\.com|ghcr\.io)/|uses: |--cask )([\w-]+)/(?:` + name + `\b|tap/)`)
	for _, file := range []string{"README.md", "README.zh.md", "Dockerfile", "docs/automation.md", "docs/cli.md"} {
		for _, m := range said.FindAllStringSubmatch(readme(t, file), -1) {
			if m[1] != owner {
				t.Errorf("%s says %s, want the owner %s", file, m[0], owner)
			}
		}
	}
}

package cli

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/qwenbatch/qwenbatch/batch/state"
	"github.com/qwenbatch/qwenbatch/cli/term"
	"github.com/qwenbatch/qwenbatch/client"
)

// serviceFlags are the flags that select the service, the account and the key.
type serviceFlags struct {
	region, base, workspace, keyFile string
	insecure, privateHosts           bool
	rehearse                         bool
	speed                            float64
	flags                            *pflag.FlagSet // its own
}

// serviceTitle is what the help calls the flags that lead to the service.
const serviceTitle = "Service"

func newServiceFlags() *serviceFlags {
	return &serviceFlags{region: client.Regions()[0].Name, speed: 60}
}

// serviceGroup returns the flags that select the endpoint.
func (s *serviceFlags) serviceGroup() group {
	g := newGroup(serviceTitle)
	s.flags = g.flags
	g.flags.Var(choiceFlag{&s.region, regionNames()}, "region",
		"where the account and its key are")
	g.flags.Var(textFlag{&s.base, "URL"}, "base-url",
		"any other endpoint, up to and including /api/v1; plain http only on this machine "+
			"(default DASHSCOPE_HTTP_BASE_URL, else the region's)")
	g.flags.Var(textFlag{&s.workspace, "ID"}, "workspace",
		"workspace of the account (default DASHSCOPE_WORKSPACE_ID, else none)")
	return g
}

// keyFlags adds the flags of commands that send something.
func (s *serviceFlags) keyFlags(g group) {
	g.flags.Var(textFlag{&s.keyFile, "FILE"}, "api-key-file",
		"read the API key from a file, which only you should be able to read (default the "+
			"variable DASHSCOPE_API_KEY)")
	g.flags.BoolVar(&s.insecure, "insecure", false,
		"allow a --base-url of plain http; everyone on the way can read the key")
	g.flags.BoolVar(&s.privateHosts, "allow-private-image-hosts", false,
		"allow pictures from addresses of a private network")
}

// rehearseFlags adds the flags of a rehearsal.
func (s *serviceFlags) rehearseFlags(g group) {
	g.flags.BoolVar(&s.rehearse, "rehearse", false,
		"run against the built-in emulator: no key, no cost; keeps its own output folder")
	g.flags.Var(factorFlag{&s.speed}, "rehearse-speed",
		"how many times faster than life a rehearsal runs")
}

func regionNames() []string {
	var names []string
	for _, r := range client.Regions() {
		names = append(names, r.Name)
	}
	return names
}

// settle completes the flags: from the environment as the SDKs of the vendor read it, or from
// the state file of an earlier run where recorded is set.
func (s *serviceFlags) settle(p *program, flags *pflag.FlagSet, recorded *state.Settings) (
	state.Settings, error) {
	if recorded != nil && !isSaid(flags, "region") && !isSaid(flags, "base-url") {
		s.region, s.base, s.workspace = recorded.Region, recorded.BaseURL, recorded.Workspace
		s.rehearse = s.rehearse || recorded.Rehearsal
	}
	if s.rehearse {
		return state.Settings{BaseURL: rehearsalURL, Region: s.region, Rehearsal: true}, nil
	}
	weak := func(name, value string) bool {
		return recorded == nil && isFromFile(flags.Lookup(name)) || value == ""
	}
	if v, _ := p.env("DASHSCOPE_HTTP_BASE_URL"); v != "" && weak("base-url", s.base) &&
		!isSaid(flags, "region") {
		s.base = v
	}
	// a flag wins over QWENBATCH_BASE_URL, and both over a file
	if givenOnCommandLine(flags, "region") && !givenOnCommandLine(flags, "base-url") ||
		isSaid(flags, "region") && isFromFile(flags.Lookup("base-url")) {
		s.base = ""
	}
	if v, _ := p.env("DASHSCOPE_WORKSPACE_ID"); v != "" && weak("workspace", s.workspace) {
		s.workspace = strings.TrimSpace(v)
	}
	region, _ := client.LookupRegion(s.region)
	if s.base == "" {
		s.base = region.BaseURL(s.workspace)
	} else if at, ok := client.RegionAt(s.base); ok && !isSaid(flags, "region") {
		region = at // prices depend on it
	}
	if s.base == "" {
		return state.Settings{}, &mistake{text: region.Name + " has only hosts of a workspace",
			hint: "add --workspace ID, or --base-url URL"}
	}
	return state.Settings{BaseURL: strings.TrimSuffix(s.base, "/"), Region: region.Name,
		Workspace: s.workspace}, nil
}

// config returns how the client reaches the service.
func (s *serviceFlags) config(settings state.Settings, key client.Key) client.Config {
	return client.Config{BaseURL: settings.BaseURL, Key: key, Workspace: settings.Workspace,
		UserAgent: "qwenbatch/" + version(),
		Insecure:  s.insecure, PrivateImageHosts: s.privateHosts}
}

// key reads the API key: from a file where one is named, else from the environment. The zero
// key is none.
func (s *serviceFlags) key(p *program, warn func(string)) (client.Key, error) {
	secret, _ := p.env("DASHSCOPE_API_KEY")
	if s.keyFile == "" || secret != "" && isFromFile(s.flags.Lookup("api-key-file")) {
		return newKey("DASHSCOPE_API_KEY", secret)
	}
	info, err := os.Stat(s.keyFile)
	if errors.Is(err, fs.ErrNotExist) {
		return client.Key{}, &mistake{text: "the key file " + term.Quote(s.keyFile) +
			" does not exist", hint: "--api-key-file names a file with nothing but the key in it"}
	}
	if err != nil {
		return client.Key{}, &mistake{text: fmt.Sprintf("the key file: %v", err)}
	}
	if wide := info.Mode().Perm() & 0o077; wide != 0 && os.PathSeparator == '/' {
		warn("others on this machine can read the key in " + term.Quote(s.keyFile) +
			"; chmod 600 " + term.ShellQuote(s.keyFile))
	}
	if info.Size() > 1<<12 || !info.Mode().IsRegular() {
		return client.Key{}, &mistake{text: term.Quote(s.keyFile) + " is no key file",
			hint: "it holds nothing but the key"}
	}
	content, err := os.ReadFile(s.keyFile)
	if err != nil {
		return client.Key{}, &mistake{text: fmt.Sprintf("the key file: %v", err)}
	}
	key, err := newKey(s.keyFile, string(content))
	if err == nil && key.IsZero() {
		err = &mistake{text: "the key file " + term.Quote(s.keyFile) + " is empty"}
	}
	return key, err
}

// newKey cleans a key that was pasted. Its errors never contain what it read.
func newKey(source, secret string) (client.Key, error) {
	secret = strings.Trim(strings.TrimSpace(strings.TrimPrefix(secret, "\uFEFF")), `"'`)
	for _, r := range secret {
		if r <= ' ' || r > '~' {
			return client.Key{}, &mistake{text: "the key in " + source +
				" has blanks or signs in it that no key has",
				hint: "copy it again from the console; it is one word that begins with sk-"}
		}
	}
	return client.NewKey(secret), nil
}

// noKey is the first error that many people meet.
func noKey() error {
	return &mistake{text: "no API key",
		hint: "export DASHSCOPE_API_KEY=sk-…  (or --api-key-file FILE); to try it without a key " +
			"and without cost: add --rehearse"}
}

// caller makes a client from the flags and the environment, without a batch.
func (s *serviceFlags) caller(p *program, cmd *cobra.Command) (*client.Client, error) {
	settings, err := s.settle(p, cmd.Flags(), nil)
	if err != nil {
		return nil, err
	}
	return s.connect(p, settings)
}

// connect makes a client for the settings. It requires a key, and sends nothing.
func (s *serviceFlags) connect(p *program, settings state.Settings) (*client.Client, error) {
	if settings.Rehearsal {
		return nil, &mistake{text: "a rehearsal has no account whose tasks could be asked for",
			hint: "its books are in " + booksFile + " in the output folder"}
	}
	key, err := s.key(p, p.warn)
	if err != nil {
		return nil, err
	}
	if key.IsZero() {
		return nil, noKey()
	}
	return newClient(s.config(settings, key))
}

// newClient makes a client, which sends nothing yet. Only the base URL can be wrong here.
func newClient(config client.Config) (*client.Client, error) {
	c, err := client.New(config)
	if err != nil {
		return nil, &mistake{text: err.Error(),
			hint: "--base-url is https://HOST/api/v1; plain http only on this machine, or " +
				"with --insecure"}
	}
	return c, nil
}

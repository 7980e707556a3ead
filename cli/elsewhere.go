package cli

import (
	"cmp"
	"errors"
	"fmt"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/qwenbatch/qwenbatch/batch"
	"github.com/qwenbatch/qwenbatch/batch/state"
	"github.com/qwenbatch/qwenbatch/cli/term"
	"github.com/qwenbatch/qwenbatch/client"
	"github.com/qwenbatch/qwenbatch/output/durable"
)

// A search looks for the batch of a manifest in the output folders beside it, since a sheet that
// is saved under another name has another folder by default, and all of it would be paid again.
type search struct {
	args    []string // the command line
	sheet   string   // path of the manifest
	folder  string   // that is not looked at
	retried string   // the flag that pays again, "" where the command has none
	warn    func(string)
	options batch.Options // how a batch of the manifest is opened
	chosen  bool          // somebody has named the folder for a run
	beside  bool          // other folders count
	shared  bool          // the folder may be another manifest's
}

// rightFolder is the mistake of a command in a folder that holds less than half of the items,
// where another holds them, or where the folder is another manifest's.
func (s search) rightFolder(b *batch.Batch, plan batch.Plan) error {
	both, _ := b.Common()
	if plan.Pictures == 0 || 2*both >= plan.Items || b.Lost() != "" {
		return nil
	}
	if s.beside {
		err := s.find(func() (*batch.Index, error) { return b.Index(), nil })
		if err != nil {
			return err
		}
	}
	if s.shared {
		return nil
	}
	return s.foreign(b)
}

// find is the mistake of a command that would not see what another folder holds: half of the items
// or more, or ten that are half of that folder or more. Fewer are told as a warning, and so are all
// where a folder was named that a run may begin.
func (s search) find(read func() (*batch.Index, error)) error {
	folders := outputFolders(s.sheet, s.folder)
	if len(folders) == 0 {
		return nil
	}
	index, err := read()
	if err != nil {
		return err
	}
	best := s.best(lookInto(folders, index))
	if best.items == 0 {
		return nil
	}
	there := s.peek(best)
	all := index.Items()
	few := 2*best.items < all && (best.items < batch.ManyAnew || !there.mostOf(best.items))
	if few || s.chosen {
		s.warn(s.fewOf(best, there, all))
		return nil
	}
	return s.stop(best, there, all)
}

// newFlag adds the flag that leaves out the search.
func newFlag(g group, anew *bool) {
	g.flags.BoolVar(anew, "new", false,
		"buy items again that are paid for in another output folder beside the manifest")
}

// best warns of folders that cannot be read, and returns the one that holds most of the items.
func (s search) best(all []neighbour) neighbour {
	best := slices.MaxFunc(all, func(a, b neighbour) int {
		return cmp.Or(cmp.Compare(a.items, b.items), a.modified.Compare(b.modified))
	})
	for _, n := range all {
		if n.err != nil && n.folder != best.folder || n.err != nil && best.items == 0 {
			s.warn(fmt.Sprintf("whether items of %s are paid for in %s is not known: %v",
				s.name(), term.Plain(n.folder), n.err))
		}
	}
	return best
}

func (s search) name() string { return term.Plain(s.options.Manifest.Name()) }

// A peek is what a run in another folder would find and do.
type peek struct {
	plan batch.Plan
	held int // items in its state file
	err  error
}

// mostOf reports whether so many items are half of the folder's, or more.
func (p peek) mostOf(items int) bool { return p.err == nil && 2*items >= p.held }

// peek opens the batch of another folder for reading.
func (s search) peek(n neighbour) (p peek) {
	dir, err := durable.OpenDir(n.folder)
	if err != nil {
		return peek{err: err}
	}
	defer dir.Close()
	o := s.options
	o.Disk = readOnlyDisk{dir, false}
	o.Settings.BaseURL, o.Settings.Region = n.settings.BaseURL, n.settings.Region
	b, err := batch.Open(o)
	if err != nil {
		return peek{err: err}
	}
	defer b.Close()
	_, p.held = b.Common()
	p.plan, p.err = b.Plan()
	return p
}

// fewOf is the warning about items that are bought again.
func (s search) fewOf(n neighbour, there peek, all int) string {
	text := fmt.Sprintf("%s of %s items of %s are paid for in %s, too, and bought again here",
		term.Number(n.items), term.Number(all), s.name(), term.Plain(n.folder))
	if there.mostOf(n.items) {
		flags := append([]string{"-o", n.folder}, s.serviceFlags(n.settings)...)
		text += "; " + joinQuoted(flags) + " goes on with them"
	}
	return text
}

// stop is the mistake that names the folder, and its price.
func (s search) stop(n neighbour, there peek, all int) error {
	flags := append([]string{"-o", n.folder}, s.serviceFlags(n.settings)...)
	switch {
	case !s.runs():
	case errors.Is(there.err, state.ErrDamaged):
		flags = append(flags, "--restored")
	case there.plan.Much():
		flags = append(flags, "--accept-changes")
	}
	text := fmt.Sprintf("%s has %s of %s items in %s: add %s (%s)", s.name(), term.Number(n.items),
		term.Number(all), term.Plain(n.folder), joinQuoted(flags), there.price())
	if s.retried != "" {
		text += ", or " + s.retried + " to buy them again"
	}
	return &mistake{text: text, hint: commandLine(append(withoutOut(s.args), flags...))}
}

// runs reports whether the command is one that pays.
func (s search) runs() bool {
	return len(s.args) > 0 && s.args[0] == "run" && !slices.Contains(s.args, "--dry-run")
}

// serviceFlags lead to the service that another batch is of.
func (s search) serviceFlags(there state.Settings) []string {
	here := s.options.Settings
	if there.BaseURL == here.BaseURL && there.Region == here.Region || s.retried == "" {
		return nil
	}
	r, known := client.LookupRegion(there.Region)
	if known && r.BaseURL(there.Workspace) == there.BaseURL {
		return []string{"--region", r.Name}
	}
	return []string{"--base-url", there.BaseURL}
}

// price tells what a run in the other folder pays.
func (p peek) price() string {
	switch {
	case errors.Is(p.err, state.ErrDamaged):
		return "its state file is damaged"
	case p.err != nil:
		return p.err.Error()
	case p.plan.Pictures == 0:
		return "nothing to pay"
	case p.plan.Cost == 0:
		return term.Amount(p.plan.Pictures, "picture") + " to pay"
	}
	return fmt.Sprintf("%s to pay, %s", term.Amount(p.plan.Pictures, "picture"),
		term.Yuan(p.plan.Cost))
}

func joinQuoted(words []string) string {
	quoted := make([]string, len(words))
	for i, w := range words {
		quoted[i] = term.ShellQuote(w)
	}
	return strings.Join(quoted, " ")
}

// shortOut is --out behind other short flags, its value being the next argument.
var shortOut = regexp.MustCompile(`^-[qvy]+o$`)

// withoutOut returns the arguments without --out in any form.
func withoutOut(args []string) []string {
	var words []string
	for i := 0; i < len(args); i++ {
		switch a := args[i]; {
		case a == "-o" || a == "--out":
			i++
		case shortOut.MatchString(a):
			words = append(words, strings.TrimSuffix(a, "o"))
			i++
		case !strings.HasPrefix(a, "-o") && !strings.HasPrefix(a, "--out="):
			words = append(words, a)
		}
	}
	return words
}

// foreign is the mistake of an output folder that holds another manifest's batch; nil where it is
// this one's.
func (s search) foreign(b *batch.Batch) error {
	recorded, found := b.Recorded()
	both, held := b.Common()
	if !b.Foreign() {
		if found && both == 0 && held > 0 && s.retried != "" {
			s.warn(fmt.Sprintf("%s holds %s, and none is in %s as that is now",
				term.Plain(s.folder), term.Amount(held, "item"), s.name()))
		}
		return nil
	}
	owner := term.Plain(recorded.Manifest)
	m := &mistake{text: fmt.Sprintf(
		"%s is the output folder of %s: of the %s items of %s it holds %s, beside %s others",
		term.Plain(s.folder), owner, term.Number(b.Index().Items()), s.name(),
		term.Number(both), term.Number(held-both)),
		hint: "--out DIR names the folder of its own batch"}
	if s.options.Settings.Rehearsal {
		s.warn(m.text)
		return nil
	}
	if s.retried != "" {
		again := ""
		if both > 0 {
			again = ", those " + term.Number(both) + " again"
		}
		m.hint = fmt.Sprintf("--out %s gives it a folder of its own, where all its items are paid "+
			"for%s; if it is %s, edited, run --accept-changes goes on with that batch",
			term.ShellQuote(s.ownFolder()), again, owner)
	}
	return m
}

// ownFolder is the name of a folder for a manifest whose usual one is another's.
func (s search) ownFolder() string {
	name := s.options.Manifest.Name()
	kind := filepath.Ext(name)
	own := strings.TrimSuffix(name, kind)
	if kind = strings.TrimPrefix(kind, "."); kind != "" {
		own += "-" + kind
	}
	dir := filepath.Dir(s.folder)
	for n := 1; ; n++ {
		folder := filepath.Join(dir, own+"-output")
		if n > 1 {
			folder = filepath.Join(dir, fmt.Sprintf("%s-%d-output", own, n))
		}
		if !hasState(folder) {
			return folder
		}
	}
}

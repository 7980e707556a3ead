package cli

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/spf13/pflag"

	"github.com/qwenbatch/qwenbatch/cli/term"
	"github.com/qwenbatch/qwenbatch/manifests"
	"github.com/qwenbatch/qwenbatch/manifests/spell"

	"golang.org/x/time/rate"
)

// A textFlag is a flag that takes a text. Its name is what the help calls it.
type textFlag struct {
	value *string
	name  string
}

func (w textFlag) String() string { return *w.value }
func (w textFlag) Type() string   { return w.name }

// Set takes the text as it is.
func (w textFlag) Set(s string) error {
	*w.value = s
	return nil
}

// A dirFlag is a flag that takes a folder, as it is from anywhere.
type dirFlag struct{ value *string }

func (d dirFlag) String() string { return *d.value }
func (d dirFlag) Type() string   { return "FOLDER" }

// Set takes a folder that is there.
func (d dirFlag) Set(s string) error {
	info, err := os.Stat(s)
	if err == nil && !info.IsDir() {
		err = errors.New("it is no folder")
	}
	if err != nil {
		return err
	}
	*d.value, err = filepath.Abs(s)
	return err
}

// A jsonListFlag is a flag that takes a JSON list.
type jsonListFlag struct{ value *string }

func (l jsonListFlag) String() string { return *l.value }
func (l jsonListFlag) Type() string   { return "JSON" }

// Set takes a list.
func (l jsonListFlag) Set(s string) error {
	list, trouble := manifests.ParseList(s)
	if trouble != "" {
		return errors.New("it " + trouble)
	}
	*l.value = list
	return nil
}

// A choiceFlag is a flag that takes one of a few words.
type choiceFlag struct {
	value *string
	among []string
}

func (c choiceFlag) String() string { return *c.value }
func (c choiceFlag) Type() string   { return strings.Join(c.among, "|") }

// Set takes a word in any case.
func (c choiceFlag) Set(s string) error {
	for _, name := range c.among {
		if strings.EqualFold(s, name) {
			*c.value = name
			return nil
		}
	}
	if near := spell.Nearest(s, c.among); near != "" {
		return fmt.Errorf("did you mean %s? It takes %s", near, term.OrList(c.among))
	}
	return fmt.Errorf("it takes %s", term.OrList(c.among))
}

// A rateFlag is a flag such as 2/s, 8/m or 0 for unlimited. Its zero value says nothing.
type rateFlag struct {
	limit rate.Limit
	text  string
}

func (p *rateFlag) String() string { return p.text }
func (p *rateFlag) Type() string   { return "N/s|N/m" }

// Set reads N/s, N/m, N/h and 0.
func (p *rateFlag) Set(s string) error {
	number, unit, _ := strings.Cut(strings.TrimSpace(s), "/")
	n, err := strconv.ParseFloat(strings.TrimSpace(number), 64)
	per, known := map[string]float64{"s": 1, "sec": 1, "m": 60, "min": 60, "h": 3600,
		"": 0}[strings.TrimSpace(unit)]
	switch {
	case err != nil || !known || !(n >= 0) || per == 0 && n != 0:
		return errors.New("write 2/s, 8/m (a minute), or 0 for unlimited")
	case n == 0:
		p.limit = rate.Inf
	default:
		p.limit = rate.Limit(n / per)
	}
	p.text = s
	return nil
}

// An optionalBool is a yes or no that can be left open.
type optionalBool struct{ value **bool }

func (m optionalBool) Type() string { return "bool" }

func (m optionalBool) String() string {
	if m.value == nil || *m.value == nil {
		return ""
	}
	return strconv.FormatBool(**m.value)
}

// Set reads true or false.
func (m optionalBool) Set(s string) error {
	b, err := strconv.ParseBool(s)
	if err != nil {
		return errors.New("it takes true or false")
	}
	*m.value = &b
	return nil
}

// An optionalSeed is a number from 0 to 2147483647 that can be left open.
type optionalSeed struct{ value **int64 }

func (s optionalSeed) Type() string { return "N" }

func (s optionalSeed) String() string {
	if s.value == nil || *s.value == nil {
		return ""
	}
	return strconv.FormatInt(**s.value, 10)
}

// Set reads the number; the bounds are the API's.
func (s optionalSeed) Set(text string) error {
	n, err := strconv.ParseInt(text, 10, 32)
	if err != nil || n < 0 {
		return errors.New("it takes a number from 0 to 2147483647")
	}
	*s.value = &n
	return nil
}

// headerFlag are FIELD=HEADER pairs, one a flag. In the environment each stands on a line of
// its own.
type headerFlag map[string]string

func (c headerFlag) Type() string { return "FIELD=HEADER" }

func (c headerFlag) String() string {
	var pairs []string
	for field, header := range c {
		pairs = append(pairs, field+"="+header)
	}
	return strings.Join(pairs, "\n")
}

// Set adds pairs. Headers may hold any sign but a line break; none says that no column gives
// the field.
func (c headerFlag) Set(s string) error {
	for line := range strings.Lines(s) {
		field, header, ok := strings.Cut(strings.TrimSpace(line), "=")
		if !ok || field == "" {
			return errors.New("write FIELD=HEADER, as in prompt=描述")
		}
		c[field] = header
	}
	return nil
}

// A countFlag is a whole number from 0 up.
type countFlag struct{ value *int }

func (c countFlag) Type() string   { return "N" }
func (c countFlag) String() string { return strconv.Itoa(*c.value) }

// Set reads the number.
func (c countFlag) Set(s string) error {
	n, err := strconv.Atoi(s)
	if err != nil || n < 0 {
		return errors.New("it takes a whole number, 0 or more")
	}
	*c.value = n
	return nil
}

// A factorFlag is a number above 0.
type factorFlag struct{ value *float64 }

func (f factorFlag) Type() string   { return "X" }
func (f factorFlag) String() string { return strconv.FormatFloat(*f.value, 'g', -1, 64) }

// Set reads the number.
func (f factorFlag) Set(s string) error {
	x, err := strconv.ParseFloat(s, 64)
	if err != nil || !(x > 0) || x > 1e6 {
		return errors.New("it takes a number above 0, at most 1000000")
	}
	*f.value = x
	return nil
}

// A group is the flags of one theme, which the help shows under a title.
type group struct {
	title string
	flags *pflag.FlagSet
}

func newGroup(title string) group {
	return group{title, pflag.NewFlagSet(title, pflag.ContinueOnError)}
}

// jsonFlag adds the flag of a result for programs.
func jsonFlag(g group, asJSON *bool) {
	g.flags.BoolVar(asJSON, "json", false, "print JSON, for programs")
}

// Package template renders the texts with {{…}} that manifests may have. It is text/template
// without what could loop, call itself or grow: the time of a rendering is bounded by the
// length of its text, and what comes of it by 64 KiB. A template reaches the variables that it
// is given, and nothing else: no file, no network, no environment.
package template

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	texttemplate "text/template"
	"text/template/parse"
	"unicode"

	"github.com/qwenbatch/qwenbatch/manifests/spell"
)

const (
	// maxText is how many bytes a text with templates in it may have.
	maxText = 16 << 10
	// maxRendered is how many bytes may come of it, or of one of its functions.
	maxRendered = 64 << 10
)

// A Template is a text with {{…}} in it that has been parsed. It may be used from several
// goroutines.
type Template struct {
	text   string
	parsed *texttemplate.Template
	uses   []use
}

// A use is where a template names a variable.
type use struct {
	name   string
	offset int // in the text of the template
}

// An Error is what is wrong with a template. Offset is the place of it in the text, in bytes.
type Error struct {
	Offset int
	Text   string
}

func (e *Error) Error() string { return e.Text }

// Is reports whether there is anything to do in a text.
func Is(text string) bool { return strings.Contains(text, "{{") }

// Parse reads a text of at most 16 KiB. Its variables are not looked up yet; see Check. The
// error is an *Error.
func Parse(text string) (*Template, error) {
	if len(text) > maxText {
		return nil,
			&Error{0, fmt.Sprintf("is longer than the %d KiB that a text with {{…}} may have",
				maxText>>10)}
	}
	t, err := texttemplate.New("text").Option("missingkey=error").Funcs(functions).Parse(text)
	if err != nil {
		return nil, syntaxError(text, err)
	}
	p := &Template{text: text, parsed: t}
	if len(t.Templates()) > 1 || t.Tree == nil {
		return nil, &Error{max(0, strings.Index(text, "{{")),
			"define and block are not for manifests"}
	}
	if err := p.list(t.Root, false); err != nil {
		return nil, err
	}
	return p, nil
}

// syntaxError rewords what text/template says, which tells the line only.
func syntaxError(text string, err error) *Error {
	m := regexp.MustCompile(`(?s)^template: text:(\d+):(?:\d+:)? ?(.*)$`).FindStringSubmatch(
		err.Error())
	if m == nil {
		return &Error{0, err.Error()}
	}
	if blanks := blankInName(text); blanks != nil {
		return blanks
	}
	offset := 0
	for line := "1"; line != m[1]; line = fmt.Sprint(strings.Count(text[:offset], "\n") + 1) {
		next := strings.IndexByte(text[offset:], '\n')
		if next < 0 {
			break
		}
		offset += next + 1
	}
	name := regexp.MustCompile(`^function "(.*)" not defined$`).FindStringSubmatch(m[2])
	if name == nil {
		offset += max(0, strings.Index(text[offset:], "{{"))
		return &Error{offset, "a text with {{…}} that cannot be read: " + m[2]}
	}
	word := regexp.MustCompile(`(^|[^\pL\d_.$"])` + regexp.QuoteMeta(name[1]) +
		`([^\pL\d_]|$)`).FindStringSubmatchIndex(text[offset:])
	if word != nil {
		offset += word[3]
	}
	return &Error{offset, noFunction(name[1])}
}

// variableAction is a text that puts in one variable, whose name may be no plain one.
var variableAction = regexp.MustCompile(`\{\{-?\s*\.([\pL_][^{}|"$]*?)\s*-?\}\}`)

// blankInName finds the first {{.two words}}, of which text/template says that words is no
// function, and tells how the name is written; nil where there is none.
func blankInName(text string) *Error {
	for _, m := range variableAction.FindAllStringSubmatchIndex(text, -1) {
		name := text[m[2]:m[3]]
		if _, err := texttemplate.New("").Parse(text[m[0]:m[1]]); err == nil ||
			strings.Contains(name, " .") {
			continue
		}
		oneLine := strings.Map(func(r rune) rune {
			if isNameRune(r) {
				return r
			}
			return '_'
		}, name)
		return &Error{m[0], fmt.Sprintf("{{.%s}}: a name of several words is written %s", name,
			Reference(oneLine))}
	}
	return nil
}

func noFunction(name string) string {
	if near := spell.Nearest(name, functionNames); near != "" {
		return fmt.Sprintf("there is no function %s; did you mean %s?", name, near)
	}
	return fmt.Sprintf("there is no function %s; words are written %s, functions are %s", name,
		Reference(name), strings.Join(functionNames, ", "))
}

// list walks a part of the template; inside with the dot is a variable and not all of them.
func (p *Template) list(l *parse.ListNode, with bool) error {
	if l == nil {
		return nil
	}
	for _, n := range l.Nodes {
		if err := p.node(n, with); err != nil {
			return err
		}
	}
	return nil
}

func (p *Template) node(n parse.Node, with bool) error {
	switch n := n.(type) {
	case *parse.TextNode, *parse.CommentNode:
		return nil
	case *parse.ActionNode:
		return p.pipe(n.Pipe, with)
	case *parse.IfNode:
		return errors.Join(p.pipe(n.Pipe, with), p.list(n.List, with), p.list(n.ElseList, with))
	case *parse.WithNode:
		return errors.Join(p.pipe(n.Pipe, with), p.list(n.List, true), p.list(n.ElseList, with))
	}
	keyword, _, _ := strings.Cut(strings.TrimLeft(n.String(), "{- "), " ")
	at := max(0, strings.LastIndex(p.text[:n.Position()], "{{"))
	return &Error{at, strings.TrimRight(keyword, "}") + " is not for manifests"}
}

func (p *Template) pipe(pipe *parse.PipeNode, with bool) error {
	for _, command := range pipe.Cmds {
		if err := p.command(command, with); err != nil {
			return err
		}
	}
	return nil
}

func (p *Template) command(c *parse.CommandNode, with bool) error {
	if id, ok := c.Args[0].(*parse.IdentifierNode); ok && id.Ident == "index" {
		return p.index(c, with)
	}
	for _, arg := range c.Args {
		if err := p.argument(arg, with); err != nil {
			return err
		}
	}
	return nil
}

// argument checks a variable, a literal, a function or a pipe in brackets.
func (p *Template) argument(arg parse.Node, with bool) error {
	at := int(arg.Position())
	switch arg := arg.(type) {
	case *parse.FieldNode:
		arg.Ident = oneWord(arg.Ident, 0)
		if with {
			return &Error{at, fmt.Sprintf("inside {{with …}} a word is written {{$.%s}}",
				arg.Ident[0])}
		}
		return p.variable(arg.Ident, 0, at)
	case *parse.VariableNode:
		if arg.Ident[0] == "$" && len(arg.Ident) == 1 {
			return &Error{at, "{{$}} is all words at once; write {{.name}}"}
		}
		if arg.Ident = oneWord(arg.Ident, 1); len(arg.Ident) > 1 {
			return p.variable(arg.Ident, 1, at)
		}
	case *parse.IdentifierNode:
		if !slices.Contains(functionNames, arg.Ident) {
			return &Error{at, noFunction(arg.Ident)}
		}
	case *parse.DotNode:
		if !with {
			return &Error{at, "{{.}} is all words at once; write {{.name}}"}
		}
	case *parse.PipeNode:
		return p.pipe(arg, with)
	case *parse.ChainNode:
		return &Error{at, "a word has no parts: " + arg.String()}
	}
	return nil
}

// oneWord makes one word of the only one that has a part: the name of an item's picture, image.name.
func oneWord(idents []string, from int) []string {
	if len(idents) == from+2 && idents[from] == "image" && idents[from+1] == "name" {
		return append(idents[:from:from], "image.name")
	}
	return idents
}

// variable takes .name or $.name, the name being at i.
func (p *Template) variable(idents []string, i, at int) error {
	if len(idents) > i+1 || idents[0] != "$" && i == 1 {
		return &Error{at, fmt.Sprintf(
			"a word has no parts; write {{.%s}}, or {{index . \"two words\"}}", idents[i])}
	}
	p.uses = append(p.uses, use{idents[i], at})
	return nil
}

// index takes {{index . "a name with blanks"}}.
func (p *Template) index(c *parse.CommandNode, with bool) error {
	if len(c.Args) == 3 {
		name, isText := c.Args[2].(*parse.StringNode)
		_, dot := c.Args[1].(*parse.DotNode)
		variable, isVariable := c.Args[1].(*parse.VariableNode)
		if isText && (dot && !with || isVariable && len(variable.Ident) == 1 &&
			variable.Ident[0] == "$") {
			p.uses = append(p.uses, use{name.Text, int(name.Position())})
			return nil
		}
	}
	return &Error{int(c.Position()), `index is written {{index . "a name with blanks"}}`}
}

// Check calls known for each variable that the template names, in order. The first error
// becomes an *Error at the place of the variable.
func (p *Template) Check(known func(name string) error) error {
	for _, u := range p.uses {
		if err := known(u.name); err != nil {
			return &Error{u.offset, err.Error()}
		}
	}
	return nil
}

// Names are the variables that the template names, in order, repetitions included.
func (p *Template) Names() []string {
	names := make([]string, len(p.uses))
	for i, u := range p.uses {
		names[i] = u.name
	}
	return names
}

// Mentions reports whether the template names a variable.
func (p *Template) Mentions(name string) bool {
	return slices.ContainsFunc(p.uses, func(u use) bool { return u.name == name })
}

// errTooLong is what too much text ends with.
var errTooLong = fmt.Errorf("more than %d KiB of text come of it", maxRendered>>10)

// A boundedText collects what a template writes.
type boundedText struct{ strings.Builder }

func (b *boundedText) Write(p []byte) (int, error) {
	if b.Len()+len(p) > maxRendered {
		return 0, errTooLong
	}
	return b.Builder.Write(p)
}

// Render is the text with the variables put in. It fails where one is missing, and where more
// than 64 KiB come of it.
func (p *Template) Render(vars map[string]string) (string, error) {
	var b boundedText
	err := p.parsed.Execute(&b, vars)
	var failed texttemplate.ExecError
	switch {
	case errors.Is(err, errTooLong):
		return "", errTooLong
	case errors.As(err, &failed):
		_, text, _ := strings.Cut(failed.Error(), ">: ")
		return "", errors.New(text)
	}
	return b.String(), err
}

// Reference is how a template names a variable: {{.name}}, or {{index . "two words"}}.
func Reference(name string) string {
	if name == "image.name" {
		return "{{.image.name}}"
	}
	plain := name != "" && !strings.ContainsFunc(name, func(r rune) bool { return !isNameRune(r) })
	if !plain || '0' <= name[0] && name[0] <= '9' {
		return fmt.Sprintf("{{index . %q}}", name)
	}
	return "{{." + name + "}}"
}

// isNameRune reports whether text/template takes r for a part of a name.
func isNameRune(r rune) bool { return r == '_' || unicode.IsLetter(r) || unicode.IsDigit(r) }

package manifests

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"text/template"
	"text/template/parse"
	"unicode"
)

const (
	// maxTemplate is how many bytes a text with templates in it may have.
	maxTemplate = 16 << 10
	// maxRendered is how many bytes may come of it, or of one of its functions.
	maxRendered = 64 << 10
)

// A phrase is a text with {{…}} in it. It is text/template without what could loop, call itself, or grow: a phrase is
// done in a time that its length decides. It reaches the words that it is given, and nothing else: no file, no network,
// no environment.
type phrase struct {
	text     string
	template *template.Template
	uses     []use
}

// A use is where a phrase names a word.
type use struct {
	name   string
	offset int // in the text of the phrase
}

// A flaw is what is wrong with a phrase, and where in it.
type flaw struct {
	offset int
	text   string
}

func (f *flaw) Error() string { return f.text }

// isTemplate reports whether there is anything to do in a text.
func isTemplate(text string) bool { return strings.Contains(text, "{{") }

// newPhrase reads a text. Its words are not looked up yet.
func newPhrase(text string) (*phrase, error) {
	if len(text) > maxTemplate {
		return nil, &flaw{0, fmt.Sprintf("is longer than the %d KiB that a text with {{…}} may have", maxTemplate>>10)}
	}
	t, err := template.New("text").Option("missingkey=error").Funcs(functions).Parse(text)
	if err != nil {
		return nil, syntaxFlaw(text, err)
	}
	p := &phrase{text: text, template: t}
	if len(t.Templates()) > 1 || t.Tree == nil {
		return nil, &flaw{max(0, strings.Index(text, "{{")), "define and block are not for manifests"}
	}
	if err := p.list(t.Root, false); err != nil {
		return nil, err
	}
	return p, nil
}

// syntaxFlaw words what text/template says, of which it tells the line only.
func syntaxFlaw(text string, err error) *flaw {
	m := regexp.MustCompile(`(?s)^template: text:(\d+):(?:\d+:)? ?(.*)$`).FindStringSubmatch(err.Error())
	if m == nil {
		return &flaw{0, err.Error()}
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
		return &flaw{offset, "a text with {{…}} that cannot be read: " + m[2]}
	}
	word := regexp.MustCompile(`(^|[^\pL\d_.$"])` + regexp.QuoteMeta(name[1]) + `([^\pL\d_]|$)`).FindStringSubmatchIndex(text[offset:])
	if word != nil {
		offset += word[3]
	}
	return &flaw{offset, noFunction(name[1])}
}

func noFunction(name string) string {
	if near := nearest(name, functionNames); near != "" {
		return fmt.Sprintf("there is no function %s; did you mean %s?", name, near)
	}
	return fmt.Sprintf("there is no function %s; words are written %s, functions are %s", name, wordOf(name), strings.Join(functionNames, ", "))
}

// list walks a part of the template; inside with the dot is a word and not all of them.
func (p *phrase) list(l *parse.ListNode, with bool) error {
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

func (p *phrase) node(n parse.Node, with bool) error {
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
	word, _, _ := strings.Cut(strings.TrimLeft(n.String(), "{- "), " ")
	return &flaw{max(0, strings.LastIndex(p.text[:n.Position()], "{{")), strings.TrimRight(word, "}") + " is not for manifests"}
}

func (p *phrase) pipe(pipe *parse.PipeNode, with bool) error {
	for _, command := range pipe.Cmds {
		if err := p.command(command, with); err != nil {
			return err
		}
	}
	return nil
}

func (p *phrase) command(c *parse.CommandNode, with bool) error {
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

// argument is a word, a literal, a function or a pipe in brackets.
func (p *phrase) argument(arg parse.Node, with bool) error {
	at := int(arg.Position())
	switch arg := arg.(type) {
	case *parse.FieldNode:
		if with {
			return &flaw{at, fmt.Sprintf("inside {{with …}} a word is written {{$.%s}}", arg.Ident[0])}
		}
		return p.word(arg.Ident, 0, at)
	case *parse.VariableNode:
		if arg.Ident[0] == "$" && len(arg.Ident) == 1 {
			return &flaw{at, "{{$}} is all words at once; write {{.name}}"}
		}
		if len(arg.Ident) > 1 {
			return p.word(arg.Ident, 1, at)
		}
	case *parse.IdentifierNode:
		if !slices.Contains(functionNames, arg.Ident) {
			return &flaw{at, noFunction(arg.Ident)}
		}
	case *parse.DotNode:
		if !with {
			return &flaw{at, "{{.}} is all words at once; write {{.name}}"}
		}
	case *parse.PipeNode:
		return p.pipe(arg, with)
	case *parse.ChainNode:
		return &flaw{at, "a word has no parts: " + arg.String()}
	}
	return nil
}

// word is .name or $.name, the name being at i.
func (p *phrase) word(idents []string, i, at int) error {
	if len(idents) > i+1 || idents[0] != "$" && i == 1 {
		return &flaw{at, fmt.Sprintf("a word has no parts; write {{.%s}}, or {{index . \"two words\"}}", idents[i])}
	}
	p.uses = append(p.uses, use{idents[i], at})
	return nil
}

// index is {{index . "a name with blanks"}}.
func (p *phrase) index(c *parse.CommandNode, with bool) error {
	if len(c.Args) == 3 {
		name, isText := c.Args[2].(*parse.StringNode)
		_, dot := c.Args[1].(*parse.DotNode)
		variable, isVariable := c.Args[1].(*parse.VariableNode)
		if isText && (dot && !with || isVariable && len(variable.Ident) == 1 && variable.Ident[0] == "$") {
			p.uses = append(p.uses, use{name.Text, int(name.Position())})
			return nil
		}
	}
	return &flaw{int(c.Position()), `index is written {{index . "a name with blanks"}}`}
}

// know asks whether each word will be there when the phrase is rendered.
func (p *phrase) know(word func(name string) error) error {
	for _, u := range p.uses {
		if err := word(u.name); err != nil {
			return &flaw{u.offset, err.Error()}
		}
	}
	return nil
}

// says reports whether a phrase names a word.
func (p *phrase) says(name string) bool {
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

// render is the text with the words put in.
func (p *phrase) render(words map[string]string) (string, error) {
	var b boundedText
	err := p.template.Execute(&b, words)
	var failed template.ExecError
	switch {
	case errors.Is(err, errTooLong):
		return "", errTooLong
	case errors.As(err, &failed):
		_, text, _ := strings.Cut(failed.Error(), ">: ")
		return "", errors.New(text)
	}
	return b.String(), err
}

// isWordRune reports whether text/template takes r for a part of a name.
func isWordRune(r rune) bool { return r == '_' || unicode.IsLetter(r) || unicode.IsDigit(r) }

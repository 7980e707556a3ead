package manifests

import (
	"errors"
	"fmt"

	"github.com/qwenbatch/qwenbatch/manifests/template"
)

// A lentPrompt is Options.Prompt: the prompt of rows that name a picture and none themselves.
// In it {{.image.name}} is the name of the picture.
type lentPrompt struct {
	text     string
	template *template.Template // nil for a plain text
}

// newLentPrompt reads the prompt of the flags; nil is none.
func newLentPrompt(text string) (*lentPrompt, error) {
	if text == "" {
		return nil, nil
	}
	p := &lentPrompt{text: text}
	if !template.Is(text) {
		return p, nil
	}
	var err error
	if p.template, err = template.Parse(text); err == nil {
		err = p.template.Check(func(name string) error {
			if name != imageName {
				return fmt.Errorf("there is no %s here; %s is the name of the picture",
					template.Reference(name), template.Reference(imageName))
			}
			return nil
		})
	}
	if wrong := (*template.Error)(nil); errors.As(err, &wrong) {
		return nil, single(placeIn("--prompt", 1, len([]rune(text[:wrong.Offset]))+1), "", "%s",
			wrong.Text)
	}
	return p, err
}

// lendPrompt gives a row that names a picture and no prompt the one of the flags.
func (j *rowJudge) lendPrompt() {
	prompt, p := &j.row.cells[fieldPrompt], j.rules.lent
	if p == nil || !j.row.cells[fieldImage].said || trimEdges(prompt.text) != "" {
		return
	}
	*prompt = cell{text: p.text, said: true}
	if p.template == nil {
		return
	}
	first := append(imageNames(j.row.cells[fieldImage].text, j.rules.finder.exists), "")[0]
	text, err := p.template.Render(map[string]string{imageName: stemOf(first)})
	if prompt.text = text; err != nil {
		j.mistake(fieldPrompt, err.Error())
	}
}

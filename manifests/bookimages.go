package manifests

import (
	"errors"

	"github.com/qwenbatch/qwenbatch/manifests/inputs"
	"github.com/qwenbatch/qwenbatch/manifests/xlsx"
)

// inBook is a picture of the workbook, and what is wrong with it. Content that several share is read
// once.
func (f *finder) inBook(name string, p xlsx.Picture) (Image, string) {
	key := "\x00" + p.Part()
	was, ok := f.found[key]
	if !ok || p.Part() == "" {
		facts, err := readBookImage(p)
		was = lookup{image: Image{Open: p.Open, Facts: facts}}
		if err != nil {
			was.trouble = badInBook(err)
		}
		f.found[key] = was
	}
	was.image.Path = name
	return was.image, was.trouble
}

func readBookImage(p xlsx.Picture) (inputs.Facts, error) {
	content, _, err := p.Open()
	if err != nil {
		return inputs.Facts{}, err
	}
	facts, err := inputs.Read(content)
	return facts, errors.Join(err, content.Close())
}

// badInBook says why a picture of a workbook cannot be looked at.
func badInBook(err error) string {
	if errors.As(err, new(*inputs.Error)) || errors.As(err, new(*xlsx.Error)) {
		return err.Error()
	}
	return "is damaged in the workbook: " + err.Error()
}

package client

import (
	"fmt"
	"slices"
	"strings"
)

// Inputs are the rules of the pictures that a request may show a model (QIE, 2026-05; WAN27,
// 2026-08; QI3, 2026-10). The zero value is none; a rule that is zero is not known.
type Inputs struct {
	// Most is how many a request may have.
	Most int
	// Bytes is the largest file, Formats what it may be: "jpeg", "png", …
	Bytes   int64
	Formats []string
	// MinSide and MaxSide bound each side in pixels, MaxRatio the long side to the short one.
	MinSide, MaxSide, MaxRatio int
	// Opaque says that a PNG with transparency is not taken.
	Opaque bool
	// GoodMin and GoodMax bound the sides that are recommended: smaller ones blur, larger ones
	// slow down.
	GoodMin, GoodMax int
	// MaxArea bounds what is made of pictures, in pixels, where that is less than without them.
	MaxArea int
	// Mainland and International are what each picture costs; 0 is nothing.
	Mainland, International Money
}

// Price is what one input picture costs in a region.
func (i Inputs) Price(r Region) Money {
	if r.Mainland {
		return i.Mainland
	}
	return i.International
}

func qwenInputs(most int) Inputs {
	return Inputs{Most: most, Bytes: 10_000_000, GoodMin: 384, GoodMax: 3072,
		Formats: []string{"jpeg", "png", "bmp", "tiff", "webp", "gif"}}
}

var (
	// billed is 3.0: ¥0.02 each on the mainland (PRICE, 2026-11). The international price is not
	// told; it is taken for as much dearer as that of the output.
	billed = func() Inputs {
		i := qwenInputs(3)
		i.GoodMax, i.Mainland, i.International = 2048, 20000, 24981
		return i
	}()
	wanInputs = Inputs{Most: 9, Bytes: 20_000_000, Formats: []string{"jpeg", "png", "bmp", "webp"},
		MinSide: 240, MaxSide: 8000, MaxRatio: 8, Opaque: true, GoodMin: 384, GoodMax: 3072,
		MaxArea: 2048 * 2048}

	thinking30 = []string{"prompt_extend_mode", "enable_thinking"}
	regions27  = []string{"thinking_mode", "color_palette", "bbox_list"}
)

// Editing returns the model with the bounds of what it makes of pictures.
func (m Model) Editing() Model {
	if m.Inputs.MaxArea > 0 {
		m.MaxArea = m.Inputs.MaxArea
	}
	return m
}

// Takes reports whether a request may say a parameter in its Extra. One to a model that is not in the
// table may say anything.
func (m Model) Takes(parameter string) bool {
	return !m.Known || slices.Contains(m.Parameters, parameter)
}

// A Look is what is known of a picture that a request shows a model.
type Look struct {
	Bytes         int64
	Format        string // "jpeg", "png", "bmp", "tiff", "webp" or "gif"
	Width, Height int
	Transparent   bool // it has an alpha channel
}

// An InputError is why a model does not take a picture as it is.
type InputError struct {
	Text string
	// TooLarge says that the same picture made smaller is taken.
	TooLarge bool
}

// Error says what is wrong, as a sentence whose subject is the picture.
func (e *InputError) Error() string { return e.Text }

// Check compares a picture with the rules. The error is an *[InputError].
func (i Inputs) Check(model string, p Look) error {
	long, short := max(p.Width, p.Height), min(p.Width, p.Height)
	refuse := func(large bool, format string, args ...any) error {
		return &InputError{fmt.Sprintf(format, args...), large}
	}
	switch {
	case i.Formats != nil && !slices.Contains(i.Formats, p.Format):
		return refuse(false, "is %s; %s takes %s", strings.ToUpper(p.Format), model,
			strings.ToUpper(strings.Join(i.Formats, ", ")))
	case i.MinSide > 0 && short < i.MinSide:
		return refuse(false, "is %d×%d; %s takes sides of %d to %d pixels", p.Width, p.Height, model,
			i.MinSide, i.MaxSide)
	case i.MaxRatio > 0 && long > i.MaxRatio*short:
		return refuse(false, "is %d×%d; %s takes shapes up to %d:1", p.Width, p.Height, model,
			i.MaxRatio)
	case i.Opaque && p.Transparent && p.Format == "png":
		return refuse(false, "has transparency, which %s does not take; save it without, or as JPEG",
			model)
	case i.MaxSide > 0 && long > i.MaxSide:
		return refuse(true, "is %d×%d; %s takes sides of %d to %d pixels", p.Width, p.Height, model,
			i.MinSide, i.MaxSide)
	case i.Bytes > 0 && p.Bytes > i.Bytes:
		return refuse(true, "has %.1f MB; %s takes up to %d", float64(p.Bytes)/1e6, model,
			i.Bytes/1e6)
	}
	return nil
}

// Advice is what the vendor recommends against in a picture that is taken; "" is nothing.
func (i Inputs) Advice(p Look) string {
	long, short := max(p.Width, p.Height), min(p.Width, p.Height)
	switch {
	case i.GoodMin > 0 && short < i.GoodMin:
		return fmt.Sprintf("is %d×%d: sides below %d pixels come out blurred", p.Width, p.Height,
			i.GoodMin)
	case i.GoodMax > 0 && long > i.GoodMax:
		return fmt.Sprintf("is %d×%d: sides above %d pixels only make it slower", p.Width, p.Height,
			i.GoodMax)
	}
	return ""
}

// SizeLike is what is sent where nobody says a size and a request shows pictures, of which the last
// has these sides, 0 where they are not known: "" is for the service to choose. The edit series and
// 2.0 then take the shape of the last picture (QIE, 2026-05); the others choose, so that the shape is
// sent, in the area of the model's default.
func (m Model) SizeLike(width, height int) string {
	switch {
	case m.EditOnly || m.Async == None:
		return ""
	case width > 0 && height > 0 && m.free():
		return m.fit(width, height).String()
	case m.Double2K: // its own choice costs double (community measurement, 2026-09-04)
		return m.Default().String()
	}
	return ""
}

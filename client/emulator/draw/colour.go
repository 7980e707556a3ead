package draw

import (
	"image/color"
	"math"
)

// tint is a colour in OKLab, in which even steps and mixtures look even (Ottosson, 2020).
type tint struct{ l, a, b float64 }

// lch makes a tint of lightness 0…1, chroma (0.1 is lively) and hue in degrees.
func lch(l, c, hue float64) tint {
	rad := hue * math.Pi / 180
	return tint{l, c * math.Cos(rad), c * math.Sin(rad)}
}

// mix goes from t to u as part goes from 0 to 1.
func (t tint) mix(u tint, part float64) tint {
	return tint{t.l + (u.l-t.l)*part, t.a + (u.a-t.a)*part, t.b + (u.b-t.b)*part}
}

// rgb converts to sRGB and clips what a screen cannot show.
func (t tint) rgb() color.RGBA {
	cube := func(x float64) float64 { return x * x * x }
	l := cube(t.l + 0.3963377774*t.a + 0.2158037573*t.b)
	m := cube(t.l - 0.1055613458*t.a - 0.0638541728*t.b)
	s := cube(t.l - 0.0894841775*t.a - 1.2914855480*t.b)
	return color.RGBA{
		gamma(+4.0767416621*l - 3.3077115913*m + 0.2309699292*s),
		gamma(-1.2684380046*l + 2.6097574011*m - 0.3413193965*s),
		gamma(-0.0041960863*l - 0.7034186147*m + 1.7076147010*s),
		255,
	}
}

func gamma(x float64) uint8 {
	switch {
	case x <= 0:
		return 0
	case x >= 1:
		return 255
	case x <= 0.0031308:
		return uint8(255*12.92*x + 0.5)
	}
	return uint8(255*(1.055*math.Pow(x, 1/2.4)-0.055) + 0.5)
}

// scheme holds the colours of one poster.
type scheme struct {
	night                 bool
	paper, ink            tint // the frame and what is written on it
	zenith, horizon       tint
	sun, far, near, water tint
	accents               [5]tint
}

// newScheme returns colours that go together: a cool hue, a warm one opposite, and mixtures. f and
// warm, from 0 to 1, choose the two hues.
func newScheme(f, warm float64, night bool) scheme {
	cool := 180 + 110*f      // teal to violet
	glow := 20 + 75*warm     // rose to gold
	side := cool + 35 - 70*f // next to the cool one
	s := scheme{
		night: night, paper: lch(0.965, 0.012, glow), ink: lch(0.32, 0.04, cool),
		zenith: lch(0.66, 0.10, cool), horizon: lch(0.93, 0.07, glow),
		sun: lch(0.80, 0.15, glow), far: lch(0.80, 0.05, cool), near: lch(0.26, 0.06, cool),
		water: lch(0.52, 0.09, side),
		accents: [5]tint{lch(0.72, 0.14, glow), lch(0.42, 0.09, cool), lch(0.90, 0.05, glow+30),
			lch(0.66, 0.09, side), lch(0.56, 0.13, glow-25)},
	}
	if night {
		s.zenith, s.horizon = lch(0.22, 0.07, cool), lch(0.58, 0.09, side)
		s.sun, s.far, s.near = lch(0.95, 0.04, glow), lch(0.48, 0.07, cool), lch(0.14, 0.04, cool)
		s.water = lch(0.30, 0.07, cool)
	}
	return s
}

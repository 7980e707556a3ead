package filename

import (
	"math/rand/v2"
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"github.com/qwenbatch/qwenbatch/output/disktest"
	"github.com/qwenbatch/qwenbatch/output/durable"
)

func TestH10FileName(t *testing.T) {
	long := strings.Repeat("图", 100)
	for _, c := range []struct{ want, ext, name string }{
		{"cat", ".png", "cat.png"},
		{"cat.PNG", ".png", "cat.png"},
		{"cat.jpeg", ".png", "cat.png"},
		{"cat.jpg", ".webp", "cat.webp"},
		{"v1.2", ".png", "v1.2.png"},
		{"对联 一副", ".png", "对联 一副.png"},
		{"../../etc/passwd", ".png", "etc-passwd.png"},
		{`C:\pictures\cat`, ".png", "C--pictures-cat.png"},
		{"a\x00b\nc\x1b[31m", ".png", "a-b c-[31m.png"},
		{"-rf", ".png", "rf.png"},
		{".hidden", ".png", "hidden.png"},
		{" a . . ", ".png", "a.png"},
		{"CON", ".png", "_CON.png"},
		{"nul.txt", ".png", "_nul.txt.png"},
		{"com¹", ".png", "_com¹.png"},
		{"aux .x", ".bin", "_aux .x.bin"},
		{"console", ".png", "console.png"},
		{"COM10", ".png", "COM10.png"},
		{"", ".png", "picture.png"},
		{"...", ".png", "picture.png"},
		{"///", ".png", "picture.png"},
		{"a\u202egnp.exe", ".png", "agnp.exe.png"},
		{"e\u0301te\u0301", ".png", "été.png"},
		{"e\u200d\u0301", ".png", "é.png"},
		{"\xff\xfe", ".png", "picture.png"},
		{long, ".png", long[:114] + ".png"},
		{strings.Repeat("a", 300), ".jpg", strings.Repeat("a", 116) + ".jpg"},
	} {
		if got := Clean(c.want, c.ext); got != c.name {
			t.Errorf("Clean(%q, %q) = %q, want %q", c.want, c.ext, got, c.name)
		}
	}
}

// The rules of Windows, written a second time.
var (
	windowsForbids  = regexp.MustCompile(`[<>:"/\\|?*\x00-\x1f]|[. ]$`)
	windowsReserves = regexp.MustCompile(`(?i)^(con|prn|aux|nul|conin\$|conout\$|(com|lpt)[0-9¹²³]) *(\.|$)`)
)

func checkSafeName(t *testing.T, name string) {
	t.Helper()
	if windowsForbids.MatchString(name) || windowsReserves.MatchString(name) {
		t.Errorf("%q is no name on Windows", name)
	}
	if name == "" || len(name) > 120 || !utf8.ValidString(name) || !norm.NFC.IsNormalString(name) {
		t.Errorf("%q has %d bytes, valid %v, NFC %v", name, len(name), utf8.ValidString(name), norm.NFC.IsNormalString(name))
	}
	if strings.ContainsAny(name[:1], "-. ") || durable.IsPart(name) {
		t.Errorf("%q starts wrongly", name)
	}
	if used, err := durable.Put(disktest.New(), ".", name, nil); used != name || err != nil {
		t.Errorf("Put(%q) = %q, %v", name, used, err)
	}
}

// Names out of the runes that make trouble, most of them about as long as a name may be.
func TestH10NamesOfNastyRunes(t *testing.T) {
	runes := []rune("aAkKéſ \u0301\u0345\u0327\u0344\u200d\u212a.-_/<CONcomnul1png.jpg~İıßẞŉǅ图한\u1100\u1161\u11a8\u0338=?\u3000\u00ad\u0f73\u0f71\u0f72")
	random := rand.New(rand.NewPCG(1, 2))
	for range 2000 {
		want := make([]rune, random.IntN(60))
		for i := range want {
			want[i] = runes[random.IntN(len(runes))]
		}
		checkClean(t, string(want), ".png")
		checkSlug(t, string(want))
	}
}

func checkClean(t *testing.T, want, ext string) {
	t.Helper()
	name := Clean(want, ext)
	checkSafeName(t, name)
	if !strings.HasSuffix(name, ext) || len(name) == len(ext) {
		t.Errorf("Clean(%q, %q) = %q", want, ext, name)
	}
	if again := Clean(name, ext); again != name {
		t.Errorf("Clean(%q) = %q, of that %q", want, name, again)
	}
}

func FuzzH10FileName(f *testing.F) {
	for _, want := range []string{"a.png", "CON.png.", "\u212a\u0301.jpg", "<\u0338", strings.Repeat("x.png", 40), "\u200dnul\u200d.gif .png",
		strings.Repeat("a\u0300", 80), strings.Repeat("\u0344", 50), "-.-CON", "a\u037e"} {
		for _, ext := range []string{".png", ".jpg", ".bin"} {
			f.Add(want, ext)
		}
	}
	f.Fuzz(func(t *testing.T, want, ext string) {
		switch ext {
		case ".png", ".jpg", ".webp", ".gif", ".bin":
		default:
			ext = ".png"
		}
		checkClean(t, want, ext)
	})
}

func TestSlug(t *testing.T) {
	for _, c := range []struct{ prompt, want string }{
		{"A sitting Ginger cat, happy!", "a-sitting-ginger-cat-happy"},
		{"一副典雅庄重的对联悬挂于厅堂之中，房间是个安静古典的中式布置", "一副典雅庄重的对联悬挂于厅堂之中"},
		{"日本語 ひらがな, 한국어", "日本語-ひらがな-한국어"},
		{"हिन्दी में", "हिन्दी-में"},
		{"ÉCOLE e\u0301te\u0301", "école-été"},
		{"4K, 8k & HDR", "4k-8k-hdr"},
		{"a painting of a fox sitting in a field at sunrise in the style of Cézanne", "a-painting-of-a-fox-sitting-in-a-field"},
		{strings.Repeat("长", 50), strings.Repeat("长", 20)},
		{strings.Repeat("w", 50), strings.Repeat("w", 40)},
		{"!!! 🐈", "picture"},
		{"", "picture"},
		{"\xff\xfea", "a"},
	} {
		if got := Slug(c.prompt); got != c.want {
			t.Errorf("Slug(%q) = %q, want %q", c.prompt, got, c.want)
		}
	}
}

func FuzzSlug(f *testing.F) {
	for _, prompt := range []string{"A cat", "一副对联。", "İstanbul ẞ ŉ", "a\u0344\u0301", "ﬁ Ⅷ", strings.Repeat("a-", 50)} {
		f.Add(prompt)
	}
	f.Fuzz(checkSlug)
}

func checkSlug(t *testing.T, prompt string) {
	t.Helper()
	slug := Slug(prompt)
	if slug == "" || len(slug) > 60 || utf8.RuneCountInString(slug) > 40 || !utf8.ValidString(slug) {
		t.Errorf("Slug(%q) = %q", prompt, slug)
	}
	if strings.ContainsAny(slug, " /\\.\x00_") || strings.Contains(slug, "--") || slug != strings.Trim(slug, "-") {
		t.Errorf("Slug(%q) = %q", prompt, slug)
	}
	if again := Slug(slug); again != slug {
		t.Errorf("Slug(%q) = %q, of that %q", prompt, slug, again)
	}
	name := Clean(slug+"-0123abcd", ".png")
	checkSafeName(t, name)
	if name != slug+"-0123abcd.png" {
		t.Errorf("Clean changes the slug %q to %q", slug, name)
	}
}

func TestD14Fold(t *testing.T) {
	for _, same := range [][2]string{
		{"Cat.png", "cAT.PNG"},
		{"été.png", "E\u0301TE\u0301.png"},
		{"ΣΑΣ", "σας"},
		{"\u212a.png", "k.png"},
		{"한.png", norm.NFD.String("한.png")},
		{"一副.png", "一副.png"},
	} {
		if Fold(same[0]) != Fold(same[1]) {
			t.Errorf("Fold(%q) = %q, Fold(%q) = %q", same[0], Fold(same[0]), same[1], Fold(same[1]))
		}
	}
	for _, other := range [][2]string{{"a.png", "b.png"}, {"e.png", "é.png"}, {"一.png", "二.png"}, {"a.png", "a~2.png"}} {
		if Fold(other[0]) == Fold(other[1]) {
			t.Errorf("Fold(%q) = Fold(%q)", other[0], other[1])
		}
	}
}

func FuzzD14Fold(f *testing.F) {
	f.Add("Straße İ ŉ ǅ \u0345 \u1fb4")
	f.Fuzz(func(t *testing.T, name string) {
		if !utf8.ValidString(name) {
			return
		}
		once := Fold(name)
		for what, other := range map[string]string{"NFD": norm.NFD.String(name), "NFC": norm.NFC.String(name), "Fold": once} {
			if got := Fold(other); got != once {
				t.Errorf("Fold(%q) = %+q, of its %s %+q", name, once, what, got)
			}
		}
	})
}

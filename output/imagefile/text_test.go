package imagefile

import (
	"bytes"
	"errors"
	"image/png"
	"io"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
	"unicode/utf8"

	"github.com/qwenbatch/qwenbatch/output/durable"
)

var couplet = []Text{
	{"qwenbatch.key", "couplet"},
	{"qwenbatch.task", "9e2b6ef6-285d-4efa-8651-4dbda7d571fa"},
	{"prompt", "一副典雅庄重的对联悬挂于厅堂之中，“义本生知人机同道善思新”\n🐈"},
	{"empty", ""},
}

// A lost state file is rebuilt from these texts.
func TestD10TextsRoundTrip(t *testing.T) {
	b := smallPNG(t)
	annotated := Annotate(bytes.Clone(b), couplet)
	got, err := Texts(iotest.OneByteReader(bytes.NewReader(annotated)))
	if err != nil || !slices.Equal(got, couplet) {
		t.Errorf("Texts = %q, %v, want %q", got, err, couplet)
	}
	if p, err := Inspect(annotated); err != nil || p.Warnings != nil {
		t.Errorf("Inspect = %+v, %v", p, err)
	}
	if !bytes.HasPrefix(annotated, b[:33]) || !bytes.HasSuffix(annotated, b[33:]) {
		t.Error("bytes of the picture were changed")
	}
	before, after := pixels(t, b), pixels(t, annotated)
	if !bytes.Equal(before, after) {
		t.Error("pixels differ")
	}
}

// A picture that was published and not recorded is known again by what it holds.
func TestP13PublishedPictureIsKnownAgain(t *testing.T) {
	d, err := durable.OpenDir(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	b := Annotate(smallPNG(t), couplet)
	want, err := Inspect(b)
	if err != nil {
		t.Fatal(err)
	}
	name, err := durable.Publish(d, ".", "couplet.png", b)
	if err != nil {
		t.Fatal(err)
	}
	f, err := d.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	texts, err := Texts(io.NewSectionReader(f, 0, want.Bytes))
	if err != nil || !slices.Equal(texts, couplet) {
		t.Errorf("Texts = %q, %v", texts, err)
	}
	whole, err := io.ReadAll(f)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := Inspect(whole); err != nil || SHA256(whole) != SHA256(b) || got.Bytes != want.Bytes {
		t.Errorf("Inspect = %+v, %v, want %+v", got, err, want)
	}
}

func pixels(t *testing.T, b []byte) []byte {
	t.Helper()
	m, err := png.Decode(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	var pix []byte
	for y := range m.Bounds().Dy() {
		for x := range m.Bounds().Dx() {
			r, g, b, a := m.At(x, y).RGBA()
			pix = append(pix, byte(r), byte(g), byte(b), byte(a))
		}
	}
	return pix
}

func TestAnnotateLeavesTheRestAlone(t *testing.T) {
	for _, b := range [][]byte{nil, []byte("GIF89a"), []byte(pngStart), smallPNG(t)[:32]} {
		if got := Annotate(b, couplet); !bytes.Equal(got, b) {
			t.Errorf("Annotate(%q) = %q", b, got)
		}
	}
	b := smallPNG(t)
	for _, k := range []string{"", " a", "a ", "a  b", "键", "a\x00b", strings.Repeat("k", 80)} {
		if got := Annotate(b, []Text{{k, "v"}}); !bytes.Equal(got, b) {
			t.Errorf("Annotate with the keyword %q changed the picture", k)
		}
	}
	got, err := Texts(bytes.NewReader(Annotate(b, []Text{{"k", "a\x00b\xff"}})))
	if err != nil || len(got) != 1 || got[0].Value != "ab\uFFFD" {
		t.Errorf("Texts = %q, %v", got, err)
	}
}

func TestTextsOfOthers(t *testing.T) {
	b := rawPNG(5, 4,
		rawChunk("tEXt", []byte("Author\x00Ren\xe9")),
		rawChunk("iTXt", []byte("Title\x00\x00\x00zh\x00标题\x00猫")),
		rawChunk("iTXt", []byte("Packed\x00\x01\x00\x00\x00x")),
		rawChunk("iTXt", []byte("Short\x00\x00")),
		rawChunk("tEXt", []byte("no separator")),
		rawChunk("IDAT", nil),
		rawChunk("tEXt", []byte("Late\x00x")))
	got, err := Texts(bytes.NewReader(b))
	if want := []Text{{"Author", "René"}, {"Title", "猫"}}; err != nil || !slices.Equal(got, want) {
		t.Errorf("Texts = %q, %v, want %q", got, err, want)
	}
}

// A text that decides what is paid again is believed only with its checksum.
func TestD10DamagedTextsAreNotBelieved(t *testing.T) {
	b := Annotate(smallPNG(t), couplet[:2])
	want := couplet[:2]
	head := bytes.Index(b, []byte("IDAT")) + 4
	for bit := range head * 8 {
		b[bit/8] ^= 1 << (bit % 8)
		got, err := Texts(bytes.NewReader(b))
		if err == nil && !slices.Equal(got, want) {
			t.Errorf("bit %d flipped: Texts = %q", bit, got)
		}
		if err != nil && !errors.Is(err, ErrDamaged) {
			t.Errorf("bit %d flipped: Texts = %v, want ErrDamaged", bit, err)
		}
		b[bit/8] ^= 1 << (bit % 8)
	}
	for n := range head {
		if got, err := Texts(bytes.NewReader(b[:n])); !errors.Is(err, ErrDamaged) {
			t.Errorf("cut after %d bytes: Texts = %q, %v", n, got, err)
		}
	}
}

// endless gives a head that claims much and never ends.
type endless struct{ read int }

func (e *endless) Read(b []byte) (int, error) {
	e.read += len(b)
	return len(b), nil
}

func TestH3TextsReadOnlyTheHead(t *testing.T) {
	var e endless
	head := pngSignature + "\x7f\xff\xff\xfftEXt"
	if _, err := Texts(io.MultiReader(strings.NewReader(head), &e)); !errors.Is(err, ErrDamaged) || e.read > 2*headLimit {
		t.Errorf("Texts = %v after %d bytes", err, e.read)
	}
	b := Annotate(smallPNG(t), couplet)
	upToPixels := bytes.Index(b, []byte("IDAT")) + 4
	disk := errors.New("disk trouble")
	if _, err := Texts(io.MultiReader(bytes.NewReader(b[:upToPixels]), iotest.ErrReader(disk))); err != nil {
		t.Errorf("Texts = %v, but the pixels need not be read", err)
	}
	if _, err := Texts(io.MultiReader(bytes.NewReader(b[:upToPixels-9]), iotest.ErrReader(disk))); !errors.Is(err, disk) {
		t.Errorf("Texts = %v, want the disk's error", err)
	}
}

func FuzzTexts(f *testing.F) {
	f.Add("prompt", "一副对联")
	f.Add("a b", "x\x00y")
	picture := smallPNG(f)
	f.Fuzz(func(t *testing.T, keyword, value string) {
		if len(value) > 1<<20 {
			return
		}
		got, err := Texts(bytes.NewReader(Annotate(bytes.Clone(picture), []Text{{keyword, value}})))
		if err != nil {
			t.Fatal(err)
		}
		if !validKeyword(keyword) {
			if got != nil {
				t.Errorf("Texts = %q for the keyword %q", got, keyword)
			}
			return
		}
		if len(got) != 1 || got[0].Keyword != keyword {
			t.Fatalf("Texts = %q, want the keyword %q", got, keyword)
		}
		if utf8.ValidString(value) && !strings.Contains(value, "\x00") && got[0].Value != value {
			t.Errorf("Texts = %q, want %q", got[0].Value, value)
		}
	})
}

func FuzzTextsOfAnyBytes(f *testing.F) {
	f.Add(Annotate(smallPNG(f), couplet))
	f.Add(rawPNG(1, 1, rawChunk("iTXt", []byte("a\x00\x00\x00\x00\x00b"))))
	f.Fuzz(func(t *testing.T, b []byte) {
		texts, err := Texts(bytes.NewReader(b))
		if err != nil && (texts != nil || !errors.Is(err, ErrDamaged)) {
			t.Errorf("Texts = %q, %v", texts, err)
		}
	})
}

// An array with room is used, and what comes out is the same.
func TestAnnotateInPlace(t *testing.T) {
	picture := smallPNG(t)
	want := Annotate(slices.Clip(bytes.Clone(picture)), couplet)
	roomy := append(make([]byte, 0, len(picture)+4<<10), picture...)
	got := Annotate(roomy, couplet)
	if !bytes.Equal(got, want) {
		t.Errorf("Annotate = %q, want %q", got, want)
	}
	if &got[0] != &roomy[0] {
		t.Error("Annotate made a new array, want the picture's")
	}
}

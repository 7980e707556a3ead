package state

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/qwenbatch/qwenbatch/output/disktest"
)

// alike reports a line that decodeRecord takes otherwise than encoding/json.
func alike(t interface{ Errorf(string, ...any) }, line []byte) {
	want, failed := parseRecord(line)
	got, err := decodeRecord(bytes.Clone(line))
	if fmt.Sprint(err) != fmt.Sprint(failed) || failed == nil && !reflect.DeepEqual(got, want) {
		t.Errorf("%s\nis read as   %+v, %v,\nwith json as %+v, %v", line, got, err, want, failed)
	}
}

// TestReaderAsJSON fills records with anything: the reader of reports takes each as encoding/json does, which wrote it.
func TestReaderAsJSON(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		var rec Record
		fill(r, reflect.ValueOf(&rec).Elem(), "record")
		rec.Key = Key{1, 1}.String()
		rec.Sent.Parameters = json.RawMessage(rapid.SampledFrom([]string{"", "{}", `{"a":[1,{"b":"\u00e9"}],"c":null}`}).Draw(r, "parameters"))
		line, err := seal(1, lineOf(r, rec))
		if err != nil {
			r.Skip("encoding/json does not write it")
		}
		alike(r, bytes.TrimSuffix(line, []byte("\n")))
	})
}

// TestReaderAsJSONOdd reads lines that no version has written.
func TestReaderAsJSONOdd(t *testing.T) {
	texts := []string{`"a"`, `""`, `"\u732b\ud83e\udd8a\/\b\f\n\r\t\"\\"`, `"\ud83e"`, `"\ud83e x"`, `"\udd8a\ud83e"`, `"\uD800\uDC00\uD800"`, "\"\xff\xc3\"", "\"\xed\xa0\x80\"",
		"\"\u2028\x7f\"", "\"a\nb\"", `"\x"`, `"\u12"`, `"`, `null`, `1`, `-0`, `1.0`, `1e3`, `1e400`, `01`, `-`, `9223372036854775807`, `9223372036854775808`, `true`, `True`,
		`[]`, `[null]`, `["a",]`, `["a" "b"]`, `[{}]`, `[{"file":"x","file":"y","FILE":"z"}]`, `{}`, `{"a":}`, `{"model":"m","seed":-1,"seed":null}`, ` { "seed" : 1 , "n":2 } `,
		`"2026-11-01T08:00:00Z"`, `"2026-11-01T08:00:00.123456789+08:00"`, `"2026-11-01t08:00:00z"`, `"2026-11-01T8:00:00Z"`, `"2026-11-01T08:00:00,5Z"`, `"2026-02-30T08:00:00Z"`,
		`"2026-11-01T08:00:60Z"`, `"2026-11-01T08:00:00+24:00"`, `"2026-11-01T08:00:00"`, `"2026-11-01"`, `"5641877382b63b9f00000001ffffffff"`, strings.Repeat("[", 20000)}
	names := []string{"newer", "Key", "cost"}
	for _, f := range reflect.VisibleFields(reflect.TypeFor[Record]()) {
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		names = append(names, name)
	}
	for _, name := range names {
		for _, text := range texts {
			alike(t, []byte(`{"seq":2,"key":"0000000000000001","`+name+`":`+text+`,"error_code":"X","sum":"89abcdef"}`))
			alike(t, []byte(`{"key":"0000000000000001","error_code":"X","`+strings.ToUpper(name)+`":`+text+`}`))
		}
	}
	for _, line := range []string{"", " ", "null", "[]", "{}", "{}x", "{} {}", "{}\x00", `{"key"}`, `{"key":"a"`, `{"key":"a",}`, `{,}`, "\ufeff{}", `{"\u006bey":"a"}`, `{key:"a"}`} {
		alike(t, []byte(line))
	}
}

// TestReader reads the records of items that ended in another order than the manifest's, each as Get does, with a read of the disk
// for many.
func TestReader(t *testing.T) {
	const items = 2000
	disk := disktest.New()
	f := newState(t, disk)
	for i := range items {
		rec := recordOf(i ^ 5)
		rec.Message = strings.Repeat("x", i%100)
		if err := f.Put(rec, false); err != nil {
			t.Fatal(err)
		}
	}
	var reads int
	disk.Decide = func(op disktest.Op) disktest.Verdict {
		if op.Kind == "read" {
			reads++
		}
		return disktest.Verdict{}
	}
	for _, order := range []struct {
		name       string
		step, most int
	}{{"the file's", 1, 20}, {"three times through", 3, 70}, {"leaps", 1009, items}, {"backward", items - 1, 80}} {
		r := NewReader(f)
		reads = 0
		for n := range items {
			i := n * order.step % items
			got, err := r.Get(i)
			ours := reads
			want, failed := f.Get(i)
			reads = ours
			if err != nil || failed != nil || !reflect.DeepEqual(got, want) {
				t.Fatalf("%s: record %d is %+v, %v, want %+v, %v", order.name, i, got, err, want, failed)
			}
		}
		if reads > order.most {
			t.Errorf("%s: %d reads of the disk, want at most %d", order.name, reads, order.most)
		}
	}
}

// TestReaderFails gives a file that was changed, and a disk that fails.
func TestReaderFails(t *testing.T) {
	disk := disktest.New()
	f := newState(t, disk)
	for i := range 3 {
		if err := f.Put(recordOf(i), false); err != nil {
			t.Fatal(err)
		}
	}
	content, _ := disk.Content(FileName)
	content[bytes.Index(content, []byte("prompt 1"))] ^= 1
	disk.Rot(FileName, content)
	r := NewReader(f)
	for i, want := range []error{nil, ErrDamaged, nil} {
		if _, err := r.Get(i); !errors.Is(err, want) {
			t.Errorf("record %d: %v, want %v", i, err, want)
		}
	}
	broken := errors.New("broken")
	disk.Decide = func(disktest.Op) disktest.Verdict { return disktest.Verdict{Err: broken} }
	if _, err := NewReader(f).Get(0); !errors.Is(err, broken) {
		t.Errorf("with a broken disk: %v", err)
	}
}

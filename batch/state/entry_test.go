package state

import (
	"encoding/json"
	"fmt"
	"io"
	"reflect"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/qwenbatch/qwenbatch/output/durable"
)

// nasty are pieces of texts that JSON escapes, or nearly.
var nasty = []string{"a", "猫", "\"", "\\", "/", "\n", "\r\t\b\f\v", "\x00", "\x1f", " ", "\x7f", "\u0080", "<", ">", "&", "'", "\u2027", "\u2028", "\u2029",
	"\u202a", "\ufeff", "\ufffd", "\U0010ffff", "\xff", "\xc3", "\xe2\x80", "\xed\xa0\x80", "\xc0\x80", "\xf4\x90\x80\x80", "plain text of some length"}

// fill gives every field that encoding/json sees a value, every other time its zero.
func fill(r *rapid.T, v reflect.Value, name string) {
	if rapid.Bool().Draw(r, name+" is zero") {
		v.SetZero()
		return
	}
	if v.Type() == reflect.TypeFor[time.Time]() {
		v.Set(reflect.ValueOf(drawTime(r, name)))
		return
	}
	switch v.Kind() {
	case reflect.String:
		v.SetString(strings.Join(rapid.SliceOfN(rapid.SampledFrom(nasty), 0, 4).Draw(r, name), ""))
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Int, reflect.Int64:
		v.SetInt(rapid.Int64().Draw(r, name))
	case reflect.Uint8:
		v.SetUint(uint64(rapid.Byte().Draw(r, name)))
	case reflect.Slice:
		n := rapid.IntRange(0, 3).Draw(r, name)
		v.Set(reflect.MakeSlice(v.Type(), n, n))
		fallthrough
	case reflect.Array:
		for i := range v.Len() {
			fill(r, v.Index(i), fmt.Sprint(name, i))
		}
	case reflect.Struct:
		for _, f := range reflect.VisibleFields(v.Type()) {
			if f.IsExported() {
				fill(r, v.FieldByIndex(f.Index), name+"."+f.Name)
			}
		}
	default:
		r.Fatalf("%s: this test cannot fill a %s", name, v.Type())
	}
}

// drawTime is a time in any zone, now and then one that JSON has no form for.
func drawTime(r *rapid.T, name string) time.Time {
	seconds := rapid.OneOf(rapid.Int64Range(0, 2e9), rapid.Int64Range(-1e11, 3e11)).Draw(r, name)
	t := time.Unix(seconds, rapid.SampledFrom([]int64{0, 1, 1e6, 123456789, 999999999}).Draw(r, name+" ns"))
	return t.In(time.FixedZone("", rapid.SampledFrom([]int{0, 3600, -5400, 8*3600 + 1, 25 * 3600}).Draw(r, name+" zone")))
}

// lineOf is a record as Put writes it.
func lineOf(t interface{ Fatal(...any) }, r Record) itemLine {
	e, err := r.entry()
	if err != nil {
		t.Fatal(err)
	}
	return itemLine{e, r}
}

// TestEntryOfLine fills records with anything: the entry at the beginning of a line is that of its record, also in the eyes of
// encoding/json, and a version that knows no entries reads the record.
func TestEntryOfLine(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		var rec Record
		fill(r, reflect.ValueOf(&rec).Elem(), "record")
		rec.Key = Key{rapid.Uint64().Draw(r, "base"), rapid.Int32Range(1, 1e9).Draw(r, "number")}.String()
		rec.Phase = rapid.SampledFrom(phases[:]).Draw(r, "phase")
		rec.Redo = rapid.IntRange(0, 1e9).Draw(r, "redo")
		want := lineOf(r, rec)
		line, err := seal(7, want)
		if err != nil {
			return // a time that JSON has no form for
		}
		line = line[:len(line)-1]
		if got, ok := entryOf(line); !ok || got != want.Entry {
			t.Fatalf("%s: entry %+v, %v, want %+v", line, got, ok, want.Entry)
		}
		var asJSON itemLine
		if err := json.Unmarshal(line, &asJSON); err != nil || asJSON.Entry != want.Entry {
			t.Fatalf("%s: encoding/json reads the entry %+v, %v, want %+v", line, asJSON.Entry, err, want.Entry)
		}
		older, err := asJSON.entry()
		if err != nil || !strings.Contains(fmt.Sprint(rec), "\xff") && older.Key != want.Entry.Key {
			t.Fatalf("%s: the record's entry is %+v, %v", line, older, err)
		}
	})
}

// TestNoEntry gives lines that begin with no entry: they are left to encoding/json.
func TestNoEntry(t *testing.T) {
	line, err := seal(7, lineOf(t, recordOf(1)))
	if err != nil {
		t.Fatal(err)
	}
	for _, change := range [][2]string{{`"entry"`, `"Entry"`}, {`"entry":"`, `"entry": "`}, {`"entry":"0`, `"entry":"x`}, {`,"entry"`, `,"a":1,"entry"`}} {
		if e, ok := entryOf([]byte(strings.Replace(string(line), change[0], change[1], 1))); ok {
			t.Errorf("%s in place of %s: entry %+v", change[1], change[0], e)
		}
	}
	for n := range 2*entrySize + 10 {
		if e, ok := entryOf(line[:n]); ok {
			t.Errorf("%s: entry %+v", line[:n], e)
		}
	}
}

// typicalRecord is the last line of the i-th item of a batch.
func typicalRecord(i int) Record {
	at := time.Date(2026, 11, 1, 8, 0, 0, 123456789, time.UTC)
	prompt := fmt.Sprintf("picture %d of a quiet harbour at dawn, fishing boats, light fog, seen from the pier", i)
	return Record{Key: Key{uint64(i + 1), 1}.String(), ID: fmt.Sprint(i), Phase: Done, At: at, Intent: at, Name: fmt.Sprint(i), Attempt: 1,
		Sent: Request{Model: "qwen-image-plus", Prompt: prompt, Size: "1328*1328", Seed: 1234567890, N: 1},
		Task: fmt.Sprintf("7a1f4d6c-3b52-4a0e-9c55-%012d", i), Request: fmt.Sprintf("0d9e8b7a-6c5d-9e4f-a3b2-%012d", i),
		Submitted: at, Finished: at.Add(16 * time.Second), ActualPrompt: prompt + ", 晨雾中的港口", Cost: 200000,
		Pictures: []Picture{{fmt.Sprintf("images/%d.png", i), 1328, 1328, 1234567, strings.Repeat("0123456789abcdef", 4), "", ""}}}
}

func BenchmarkSeal(b *testing.B) {
	rec := typicalRecord(1)
	quoted := rec
	quoted.Sent.Prompt = strings.ReplaceAll(rec.Sent.Prompt, "harbour", `"harbour"`)
	for _, c := range []struct {
		name string
		rec  Record
	}{{"plain", rec}, {"quotes", quoted}} {
		b.Run(c.name, func(b *testing.B) {
			b.ReportAllocs()
			var line []byte
			for b.Loop() {
				var err error
				if line, err = sealInto(line, 1234, lineOf(b, c.rec)); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkCompact compacts a state file of 100,000 items on a real disk. Each has three lines, between those of the 32 others
// that were on their way. Rewrite is the part that writes them anew, all is all of it, the fsync and reading it again included.
func BenchmarkCompact(b *testing.B) {
	const items, window = 100_000, 32
	dir, err := durable.OpenDir(b.TempDir())
	if err != nil {
		b.Fatal(err)
	}
	defer dir.Close()
	s := newState(b, dir)
	order := make([]int, items)
	for i := range items + window {
		if i < items {
			rec := typicalRecord(i)
			rec.Phase, rec.Pictures, order[i] = Intent, nil, i
			s.Put(rec, false)
			s.Put(rec, false)
		}
		if i >= window {
			s.Put(typicalRecord(i-window), false)
		}
	}
	b.Run("rewrite", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if err := rewrite(s, io.Discard, nil, order); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("all", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			s.stale = 1
			if err := s.Compact(nil, order); err != nil {
				b.Fatal(err)
			}
		}
	})
	s.Close()
}

// TestIndex compares an index with a map, over keys that are alike and keys that are not.
func TestIndex(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		var entries []Entry
		var x index
		places := map[Key]int{}
		for range rapid.IntRange(0, 300).Draw(r, "keys") {
			k := Key{rapid.OneOf(rapid.Uint64Range(0, 200), rapid.Uint64()).Draw(r, "base"), rapid.Int32Range(1, 3).Draw(r, "number")}
			want, known := places[k]
			if place, found := x.find(entries, k); found != known || known && place != want {
				t.Fatalf("find(%v) = %d, %v, want %d, %v", k, place, found, want, known)
			}
			if place, found := x.claim(entries, k); found != known || !known && place != len(entries) || known && place != want {
				t.Fatalf("claim(%v) = %d, %v, want %d, %v", k, place, found, want, known)
			}
			if !known {
				places[k] = len(entries)
				entries = append(entries, Entry{Key: k})
			}
		}
	})
}

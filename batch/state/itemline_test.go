package state

import (
	"encoding/json"
	"strconv"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/qwenbatch/qwenbatch/client"
)

// wantAsJSON fails the test where a line is scanned and encoding/json reads it differently.
func wantAsJSON(t *testing.T, line []byte) (scanned bool) {
	t.Helper()
	got, ok := scanItem(line)
	if !ok {
		return false
	}
	var l itemLine
	if err := json.Unmarshal(line, &l); err != nil {
		t.Fatalf("%s: scanned, but %v", line, err)
	}
	want, err := l.entry()
	if err != nil || got != want || l.Key == "" || l.Version != 0 || l.Run != "" || !l.Since.IsZero() || l.Redo != 0 || l.Redos != nil {
		t.Fatalf("%s: scanned as %+v, json reads %+v (%v)", line, got, want, err)
	}
	return true
}

// lineSeeds are lines that look like ours, and what differs from them in one thing each.
func lineSeeds() []string {
	const plain = `{"seq":3,"key":"2223a034d3ae2f48","id":"a","fp":"8a70b1f51b152ac5c079e19628321d91","phase":"done",` +
		`"sent":{"prompt":"a \"red\" cat \u00e9\n","seed":42,"prompt_extend":true},"pictures":[{"file":"images/a.png","width":3,"bytes":10,` +
		`"sha256":"ab"}],"earlier_tasks":["x",null],"cost_micros":200000,"sum":"89abcdef"}`
	seeds := []string{plain}
	for _, change := range [][2]string{
		{`"key":"2223a034d3ae2f48"`, `"key":"2223a034d3ae2f48-2"`}, {`"key":"2223a034d3ae2f48"`, `"key":"2223A034d3ae2f48"`},
		{`"key":"2223a034d3ae2f48"`, `"key":"2223a034d3ae2f48-02"`}, {`"key":`, `"Key":`}, {`"key":`, `"\u006bey":`}, {`"key":`, "\"\u212aey\":"},
		{`"id":"a"`, `"id":"a","id":"b"`}, {`"id":"a"`, `"id":null`}, {`"id":"a"`, `"id":"\u0061"`}, {`"id":"a"`, "\"id\":\"\xff\""}, {`"id":"a"`, `"id":3`},
		{`"fp":"8a`, `"fp":"`}, {`"fp":"8a`, `"fp":"8A`}, {`"fp":"8a`, `"fp":"zz`}, {`"done"`, `"shiny"`}, {`"phase":"done",`, ``},
		{`200000`, `2e5`}, {`200000`, `-200000`}, {`200000`, `0200000`}, {`200000`, `-0`}, {`200000`, `9223372036854775808`}, {`200000`, `"1"`}, {`200000`, `null`},
		{`"bytes":10`, `"bytes":1.5`}, {`"bytes":10`, `"bytes":10,"dpi":[]`}, {`"file":"images/a.png",`, ``}, {`[{"file"`, `[{"file":"x"},{"file"`}, {`[{"file"`, `[null,{"file"`},
		{`"pictures":[`, `"pictures":[],"pictures":[`}, {`,"sum"`, `,"sum":{},"run":"stop","sum"`}, {`,"sum"`, `,"qwenbatch":1,"sum"`}, {`,"sum"`, `,"Run":"stop","sum"`}, {`,"sum"`, `,"redo":1,"sum"`},
		{`{"seq"`, ` {"seq"`}, {`"seq":3`, `"seq": 3`}, {`\n`, `\x`}, {`\n`, "\n"}, {`\n`, `\u12g4`}, {`\n"`, `\`}, {`true`, `tru`}, {`["x",null]`, `[[[[[[[[[[]]]]]]]]]]`},
		{`"89abcdef"}`, `"89abcdef"`}, {`"89abcdef"}`, `"89abcdef"}}`}, {`"89abcdef"}`, `"89abcdef",}`}, {`["x",null]`, `["x",]`}, {`["x",null]`, `[,]`},
	} {
		seeds = append(seeds, strings.Replace(plain, change[0], change[1], 1))
	}
	return seeds
}

// FuzzScanItem gives lines of any kind to the scanner: what it takes it reads as encoding/json does.
func FuzzScanItem(f *testing.F) {
	for _, line := range lineSeeds() {
		f.Add([]byte(line))
	}
	f.Fuzz(func(t *testing.T, line []byte) { wantAsJSON(t, line) })
}

// TestScanItemMutated changes bytes of real lines, as fuzzing from scratch rarely gets past the first of them.
func TestScanItemMutated(t *testing.T) {
	seeds := lineSeeds()
	if !wantAsJSON(t, []byte(seeds[0])) {
		t.Fatalf("not scanned: %s", seeds[0])
	}
	rapid.Check(t, func(r *rapid.T) {
		line := []byte(rapid.SampledFrom(seeds).Draw(r, "line"))
		for range rapid.IntRange(0, 3).Draw(r, "changes") {
			at := rapid.IntRange(0, len(line)-1).Draw(r, "at")
			b := rapid.SampledFrom([]byte("\"\\{}[],:0159-eEauf \x00\x1f\x20\x7f\xc3\xff")).Draw(r, "byte")
			if rapid.Bool().Draw(r, "insert") {
				line = append(line[:at:at], append([]byte{b}, line[at:]...)...)
			} else {
				line[at] = b
			}
		}
		wantAsJSON(t, line)
	})
}

// TestScanItemTakesOurLines draws records of all kinds: their lines are scanned, whatever the prompts are, unless an id or a
// file name has to be escaped.
func TestScanItemTakesOurLines(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		text := func(name string) string { return rapid.StringN(0, 40, -1).Draw(r, name) }
		at := time.Unix(1.8e9, rapid.Int64Range(0, 1e9).Draw(r, "ns")).UTC()
		rec := Record{Key: Key{rapid.Uint64().Draw(r, "base"), rapid.Int32Range(1, 1e9).Draw(r, "number")}.String(), ID: "一-1",
			Print: Fingerprint(rapid.SliceOfN(rapid.Byte(), 16, 16).Draw(r, "print")), Phase: rapid.SampledFrom(phases[:7]).Draw(r, "phase"),
			At: at, Intent: at, Name: text("name"), Sent: Request{Model: "qwen-image-plus", Prompt: text("prompt"), Negative: text("negative"), Seed: 7},
			Earlier: []string{"t1", "t2"}, Submitted: at, ActualPrompt: text("actual"), Message: text("message"), Warnings: []string{text("warning")},
			Cost: client.Money(rapid.Int64Range(0, 1e12).Draw(r, "cost")), Before: client.Money(rapid.Int64Range(0, 1e12).Draw(r, "before"))}
		for i := range rapid.IntRange(0, 3).Draw(r, "pictures") {
			rec.Pictures = append(rec.Pictures, Picture{File: "images/一只猫-" + strconv.Itoa(i) + ".png", Width: i, Bytes: 99, SHA256: "ab"})
		}
		line, err := Seal(rapid.Int64Range(1, 1e7).Draw(r, "seq"), rec)
		if err != nil {
			t.Fatal(err)
		}
		if line = line[:len(line)-1]; !wantAsJSON(t, line) {
			t.Fatalf("not scanned: %s", line)
		}
	})
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

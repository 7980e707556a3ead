package batch

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/qwenbatch/qwenbatch/batch/halt"
	"github.com/qwenbatch/qwenbatch/batch/pictures"
	"github.com/qwenbatch/qwenbatch/batch/state"
	"github.com/qwenbatch/qwenbatch/client/emulator"
	"github.com/qwenbatch/qwenbatch/manifests"
	"github.com/qwenbatch/qwenbatch/output/disktest"
)

// A ruin is a batch that died at a certain moment, whose state file is then damaged.
type ruin struct {
	name string
	// prepare plays until the death, and returns from which byte to which a crash can cut the state file.
	prepare func(s *scene) (from, to int)
}

// ruins are four moments: what is paid is known from tasks and pictures, from tasks alone, from open tasks, and beside an
// older run's records.
func ruins() []ruin {
	return []ruin{
		{"finished", func(s *scene) (int, int) { s.dies(atCompaction()); return 0, len(s.stateBytes()) }},
		{"finished, pictures gone", func(s *scene) (int, int) {
			s.dies(atCompaction())
			s.drop(pictures.ImagesDir + "/")
			return 0, bytes.Index(s.stateBytes(), []byte(`"phase":"done"`)) // what is done has its picture (D12)
		}},
		{"open", func(s *scene) (int, int) { s.dies(on("create", "images/.a", 1)); return 0, len(s.stateBytes()) }},
		{"second run", func(s *scene) (int, int) {
			s.first(1)
			before := len(s.stateBytes())
			s.dies(atCompaction())
			// The mark of the second run's start was durable before anything was sent.
			content := s.stateBytes()
			return before + bytes.IndexByte(content[before:], '\n'), len(content)
		}},
	}
}

// first runs the first n items to their end.
func (s *scene) first(n int) {
	s.t.Helper()
	s.options.Limit = n
	if err := s.start(); !errors.Is(err, halt.ErrLimit) {
		s.t.Fatalf("Run with a limit = %v", err)
	}
	s.options.Limit = 0
}

// TestD7D9P1CutAtEveryByte cuts the state file of a live run after every byte and goes on against the same service: no
// cut is taken for a first run, and none pays anything twice.
func TestD7D9P1CutAtEveryByte(t *testing.T) {
	path := writeManifest(t, "p.csv", three)
	for _, r := range ruins() {
		t.Run(r.name, func(t *testing.T) {
			var cuts []int
			play(t, three, emulator.Options{}, func(s *scene) { cuts = cutsOf(s, r) })
			crowd(t, len(cuts), func(i int) string { return number(cuts[i]) }, func(t *testing.T, i int) {
				stage(t, path, emulator.Options{}, func(s *scene) {
					r.prepare(s)
					b := s.stateBytes()
					s.rewrite(b[:min(cuts[i], len(b))])
					s.wantFinish(3)
				})
			})
			t.Logf("%d cuts", len(cuts))
		})
	}
}

// cutsOf are all cuts, or in an ordinary run those around the ends of lines, some of the header's and a few others.
func cutsOf(s *scene, r ruin) (cuts []int) {
	from, to := r.prepare(s)
	content := s.stateBytes()
	header := bytes.IndexByte(content, '\n')
	for c := from; c <= to; c++ {
		near := bytes.IndexByte(content[max(0, c-1):min(c+2, len(content))], '\n') >= 0
		if long() || near || c < header && c%23 == 0 || c%173 == 0 {
			cuts = append(cuts, c)
		}
	}
	return cuts
}

// states are state files of three items: one that a run left at its end, and one that it was still writing.
func states(t *testing.T) map[string][]byte {
	all := map[string][]byte{}
	play(t, three, emulator.Options{}, func(s *scene) { s.ends(); all["at rest"] = s.stateBytes() })
	play(t, three, emulator.Options{}, func(s *scene) { s.dies(atCompaction()); all["live"] = s.stateBytes() })
	return all
}

// TestD8EveryBitFlipped flips every bit: the file is refused with file and line, or going on with it pays nothing twice.
func TestD8EveryBitFlipped(t *testing.T) {
	path := writeManifest(t, "p.csv", three)
	for name, content := range states(t) {
		t.Run(name, func(t *testing.T) {
			var harmless []int
			for bit := range len(content) * 8 {
				if !refusedAsDamaged(t, flipped(content, bit)) {
					harmless = append(harmless, bit)
				}
			}
			t.Logf("%d flips, %d not refused", len(content)*8, len(harmless))
			crowd(t, len(harmless), func(i int) string { return number(harmless[i]) }, func(t *testing.T, i int) {
				stage(t, path, emulator.Options{}, func(s *scene) {
					if name == "live" {
						s.dies(atCompaction())
					} else {
						s.ends()
					}
					s.rewrite(flipped(s.stateBytes(), harmless[i]))
					s.wantFinish(3)
				})
			})
		})
	}
}

func flipped(b []byte, bit int) []byte {
	b = slices.Clone(b)
	b[bit/8] ^= 1 << (bit % 8)
	return b
}

// refusedAsDamaged opens a state file. A refusal must name the file and a line that it has.
func refusedAsDamaged(t *testing.T, content []byte) bool {
	t.Helper()
	disk := disktest.New()
	disk.Put(state.FileName, content)
	s, _, err := state.OpenFile(disk)
	if err == nil {
		s.Close()
		return false
	}
	var damage *state.DamageError
	lines := bytes.Count(content, []byte("\n")) + 1
	if !errors.As(err, &damage) || damage.File != state.FileName || damage.Line < 1 || damage.Line > lines {
		t.Fatalf("openState = %v, want a damage with file and line", err)
	}
	if after, _ := disk.Content(state.FileName); !bytes.Equal(after, content) {
		t.Fatal("a damaged file was changed")
	}
	return true
}

// TestD8ByteLostOrDoubled drops and doubles every byte: the file is refused, or what is read of it is a beginning of it.
func TestD8ByteLostOrDoubled(t *testing.T) {
	for name, content := range states(t) {
		for i := range content {
			for _, b := range [][]byte{slices.Delete(slices.Clone(content), i, i+1), slices.Insert(slices.Clone(content), i, content[i])} {
				if i >= bytes.LastIndexByte(content[:len(content)-1], '\n') {
					continue // of the last line a cut is left, which is TestD7's
				}
				if !refusedAsDamaged(t, b) {
					t.Errorf("%s: byte %d (%q) lost or doubled, and the file is not refused", name, i, content[i])
				}
			}
		}
	}
}

func TestD8LinesLostDoubledSwapped(t *testing.T) {
	content := states(t)["live"]
	lines := bytes.SplitAfter(content, []byte("\n"))
	lines = lines[:len(lines)-1] // what stands behind the last newline: nothing
	last := len(lines) - 1
	for i := range lines {
		lost := slices.Concat(slices.Delete(slices.Clone(lines), i, i+1)...)
		if refused := refusedAsDamaged(t, lost); refused != (i != last) {
			t.Errorf("line %d of %d lost: refused %v", i+1, len(lines), refused)
		}
		if !refusedAsDamaged(t, slices.Concat(slices.Insert(slices.Clone(lines), i, lines[i])...)) {
			t.Errorf("line %d doubled, and the file is not refused", i+1)
		}
		for j := range i {
			swapped := slices.Clone(lines)
			swapped[i], swapped[j] = swapped[j], swapped[i]
			if !refusedAsDamaged(t, slices.Concat(swapped...)) {
				t.Errorf("lines %d and %d swapped, and the file is not refused", j+1, i+1)
			}
		}
	}
}

// TestD8Garbage puts into a state file what editors, transfers and file systems put there.
func TestD8Garbage(t *testing.T) {
	content := states(t)["live"]
	half := bytes.LastIndexByte(content[:len(content)/2], '\n') + 1
	tail := slices.Clone(content[:len(content)-20])
	for _, c := range []struct {
		name    string
		content []byte
		refused bool
	}{
		{"BOM in front", slices.Concat([]byte("\ufeff"), content), true},
		{"CRLF", bytes.ReplaceAll(content, []byte("\n"), []byte("\r\n")), true},
		{"empty line in the middle", slices.Concat(content[:half], []byte("\n"), content[half:]), true},
		{"empty line at the end", slices.Concat(content, []byte("\n")), true},
		{"a foreign line", slices.Concat(content[:half], []byte(`{"hello":"world"}`+"\n"), content[half:]), true},
		{"zeros in the middle", slices.Concat(content[:half], make([]byte, 512), content[half+512:]), true},
		{"zeros at the tail", slices.Concat(content, make([]byte, 4096)), false},
		{"zeros behind a torn line", slices.Concat(tail, make([]byte, 4096)), false},
		{"only zeros", make([]byte, 4096), false},
		{"a torn line of letters", slices.Concat(content, []byte(`{"seq":99,"key":"`)), false},
		{"a torn line with a newline", slices.Concat(content, []byte(`{"seq":99,"key":"`+"\n")), true},
		{"another file", []byte("id,prompt\na,a red cat\n"), true},
		{"a line of 2 MB", slices.Concat(content, bytes.Repeat([]byte("x"), 2<<20), []byte("\n")), true},
	} {
		if got := refusedAsDamaged(t, c.content); got != c.refused {
			t.Errorf("%s: refused %v, want %v", c.name, got, c.refused)
		}
	}
}

// TestD8ZerosAtTheTail goes on with a file whose end is zeros: nothing is paid twice, and the zeros are put aside.
func TestD8ZerosAtTheTail(t *testing.T) {
	for _, left := range []int{0, 1, 40, 400, 900} {
		play(t, three, emulator.Options{}, func(s *scene) {
			s.dies(atCompaction())
			b := s.stateBytes()
			s.rewrite(slices.Concat(b[:len(b)-left], make([]byte, left+512)))
			s.wantFinish(3)
			if torn, _ := s.disk.Content("state.torn"); len(torn) < 512 && left != 1 { // 1: the newline alone, nothing is lost
				t.Errorf("%d zeros were put aside, want at least 512", len(torn))
			}
		})
	}
}

// TestD8RunRefusesDamage wants a run over a damaged file to send nothing.
func TestD8RunRefusesDamage(t *testing.T) {
	play(t, three, emulator.Options{}, func(s *scene) {
		s.first(1)
		b := s.stateBytes()
		b[len(b)/2] ^= 1
		s.rewrite(b)
		before := s.server.Books()
		if err := s.start(); !errors.Is(err, state.ErrDamaged) || !strings.Contains(err.Error(), "state.jsonl:") {
			t.Errorf("Open = %v, want a damage in state.jsonl", err)
		}
		if after := s.server.Books(); after.Submissions.Seen != before.Submissions.Seen || after.Lists != before.Lists {
			t.Errorf("a run over a damaged file asked the service")
		}
	})
}

// TestD7TornIsKept wants what a crash cut to be put aside, whole.
func TestD7TornIsKept(t *testing.T) {
	play(t, three, emulator.Options{}, func(s *scene) {
		s.dies(atCompaction())
		b := s.stateBytes()
		lastLine := bytes.LastIndexByte(b[:len(b)-1], '\n') + 1
		s.rewrite(b[:len(b)-9])
		s.ends()
		if torn, _ := s.disk.Content("state.torn"); !bytes.Equal(torn, b[lastLine:len(b)-9]) {
			t.Errorf("%s holds %q, want %q", "state.torn", torn, b[lastLine:len(b)-9])
		}
		s.wantPaidOnce(3)
	})
}

// TestUnknownFieldsSurvive puts members of a newer version into every kind of line that is kept and compacts the file.
func TestUnknownFieldsSurvive(t *testing.T) {
	const extra = `"shiny":{"b":[1,2.50,"é<>& "],"a":null}`
	play(t, three, emulator.Options{}, func(s *scene) {
		s.first(1)
		lines := bytes.SplitAfter(s.stateBytes(), []byte("\n"))
		var b []byte
		var want []string
		for i, line := range lines[:len(lines)-1] {
			_, members, _ := bytes.Cut(line, []byte(","))
			inside := append([]byte("{"), members[:bytes.LastIndex(members, []byte(`,"sum":`))]...)
			inside = append(inside, '}')
			if i < 2 { // the header and the item; marks are not kept
				inside = append(inside[:len(inside)-1], []byte(","+extra+"}")...)
				want = append(want, string(inside[1:]))
			}
			b = append(b, sealedLine(int64(i+1), inside)...)
		}
		s.rewrite(b)
		s.ends()
		s.wantPaidOnce(3)
		for _, inside := range want {
			if !bytes.Contains(s.stateBytes(), []byte(inside[:len(inside)-1])) {
				t.Errorf("lost in compaction: %.60s…", inside)
			}
		}
	})
}

// TestD11OtherState opens state files that belong to something else. They are refused before anything is sent.
func TestD11OtherState(t *testing.T) {
	path := writeManifest(t, "p.csv", goldenSheet)
	m, err := manifests.Open(path, manifests.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	here := state.Settings{BaseURL: "http://api.test/api/v1", Region: "beijing"}
	rehearsal := state.Settings{BaseURL: "http://api.test/api/v1", Region: "beijing", Rehearsal: true}
	for _, c := range []struct {
		file string
		with state.Settings
		says string // "": it is taken
	}{
		{"v1.jsonl", here, ""},
		{"v1.jsonl", rehearsal, "it is of a real run"},
		{"v1.jsonl", state.Settings{BaseURL: "http://other.test/api/v1", Region: "beijing"}, "it is of http://api.test/api/v1, not of http://other.test/api/v1"},
		{"v1.jsonl", state.Settings{BaseURL: "http://api.test/api/v1", Region: "singapore"}, "region"},
		{"rehearsal.jsonl", here, "it is of a rehearsal"},
		{"rehearsal.jsonl", rehearsal, ""},
		{"newer.jsonl", here, "it was written by a newer qwenbatch (format 2, this one reads 1)"},
	} {
		t.Run(fmt.Sprintf("%s %s", c.file, c.says), func(t *testing.T) {
			disk := disktest.New()
			disk.Put(state.FileName, golden(t, c.file))
			b, err := Open(Options{Manifest: m, Disk: disk, Settings: c.with})
			if err == nil {
				b.Close()
			}
			if (c.says == "") != (err == nil) || c.says != "" && (!errors.Is(err, state.ErrOther) || !strings.Contains(err.Error(), c.says)) {
				t.Errorf("Open = %v, want %q", err, c.says)
			}
			if after, _ := disk.Content(state.FileName); !bytes.Equal(after, golden(t, c.file)) {
				t.Error("the file was changed")
			}
		})
	}
}

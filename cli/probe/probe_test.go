package probe

import (
	"encoding/json"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/qwenbatch/qwenbatch/client"
	"github.com/qwenbatch/qwenbatch/client/emulator"
)

// probed runs a probe against a service with some habits, in simulated time.
func probed(t *testing.T, o emulator.Options) (found Findings, charged int) {
	synctest.Test(t, func(t *testing.T) {
		o.Tiny, o.CV = true, -1
		service, err := emulator.New(o)
		if err != nil {
			t.Fatal(err)
		}
		served := service.ServeInProcess()
		defer func() { served.Close(); service.Close() }()
		found, err = Run(t.Context(), client.Config{BaseURL: "http://localhost/api/v1", Key: client.NewKey("sk-canary-0123456789"), Dial: served.Dial}, 0)
		if err != nil {
			t.Fatal(err)
		}
		charged = service.Books().Charges
	})
	text, _ := json.Marshal(found)
	for _, secret := range []string{"canary", "Signature", "OSSAccess"} {
		if strings.Contains(string(text), secret) {
			t.Errorf("the findings tell %s: %s", secret, text)
		}
	}
	if charged > MaxPictures || found.Pictures != charged {
		t.Errorf("%d pictures charged, %d told, want at most %d", charged, found.Pictures, MaxPictures)
	}
	return found, charged
}

// fault befalls every call of an operation, up to the n-th.
func fault(op string, n int, f emulator.Fault) func(emulator.Call) emulator.Fault {
	return func(c emulator.Call) emulator.Fault {
		if c.Op == op && c.N <= n {
			return f
		}
		return emulator.Fault{}
	}
}

// Each fact both ways.
func TestFindings(t *testing.T) {
	const all = 1 << 20
	usually, charged := probed(t, emulator.Options{})
	if charged != 1 {
		t.Errorf("%d pictures bought, want 1", charged)
	}
	otherwise := func(o emulator.Options) Findings { f, _ := probed(t, o); return f }
	for _, tt := range []struct {
		name  string
		what  func(Findings) any
		want  any
		other emulator.Options
		wantO any
	}{
		{"page", func(f Findings) any { return f.LargestPage }, 100, emulator.Options{Habits: emulator.Habits{MaxPage: 500}}, 500},
		{"lag", func(f Findings) any { return *f.ListLag > 19 }, false, emulator.Options{Fault: fault("list", all, emulator.Fault{LagList: 20 * time.Second})}, true},
		{"ahead", func(f Findings) any { return *f.RowsAhead > 3600 }, false, emulator.Options{Fault: fault("list", all, emulator.Fault{ListOffset: 8 * time.Hour})}, true},
		{"zone", func(f Findings) any { return f.FilterZone }, "UTC+8", emulator.Options{Habits: emulator.Habits{UTCFilters: true}}, "UTC"},
		{"ids", func(f Findings) any { return *f.RequestIDsEqual }, true, emulator.Options{Habits: emulator.Habits{OwnRequestIDs: true}}, false},
		{"unknown", func(f Findings) any { return *f.UnknownFor > 0 }, false, emulator.Options{Fault: fault("query", 3, emulator.Fault{Unknown: true})}, true},
		{"crc", func(f Findings) any { return *f.CRC64 }, true, emulator.Options{Fault: fault("image", all, emulator.Fault{NoCRC: true})}, false},
		{"from", func(f Findings) any { return f.ValidFrom }, "end", emulator.Options{Habits: emulator.Habits{SignOnQuery: true}}, "answer"},
		{"signed", func(f Findings) any { return *f.SignedAgain }, false, emulator.Options{Habits: emulator.Habits{SignOnQuery: true}}, true},
		{"size", func(f Findings) any { return f.OldSize }, "made", emulator.Options{Fault: fault("submit", 1, emulator.Fault{Code: "InvalidParameter"})}, "refused: InvalidParameter"},
		{"size in the task", func(f Findings) any { return f.OldSize }, "made", emulator.Options{Fault: fault("submit", 1, emulator.Fault{FailCode: "InvalidParameter"})}, "refused: InvalidParameter"},
		{"made size", func(f Findings) any { return f.OldSize }, "made", emulator.Options{Fault: fault("image", all, emulator.Fault{WrongSize: true})}, "made as 736*570"},
	} {
		if got := tt.what(usually); got != tt.want {
			t.Errorf("%s: %v, want %v (%+v)", tt.name, got, tt.want, usually)
		}
		if f := otherwise(tt.other); tt.what(f) != tt.wantO {
			t.Errorf("%s the other way: %v, want %v (%+v)", tt.name, tt.what(f), tt.wantO, f)
		}
	}
	if len(usually.Notes) != 0 {
		t.Errorf("notes %q, want none", usually.Notes)
	}
}

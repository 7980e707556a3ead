package term

import (
	"testing"
	"time"
)

// TestForecast holds the time left against what a person expects to read, at moments of one run.
func TestForecast(t *testing.T) {
	start := time.Date(2026, 11, 22, 8, 0, 0, 0, time.UTC)
	f := forecast{planned: 1000 * time.Second, quiet: 20 * time.Second, work: 100, start: start}
	for _, tt := range []struct {
		at, ended int // seconds after the start, items
		want      time.Duration
	}{
		{0, 0, 1000 * time.Second},
		{16, 0, 984 * time.Second},    // the plan alone
		{20, 1, 980 * time.Second},    // one item is no pace
		{40, 5, 839 * time.Second},    // a quarter of the way from the plan to the pace seen, 4 in 20 s
		{120, 21, 395 * time.Second},  // the pace alone: 20 in 100 s
		{121, 21, 399 * time.Second},  // a second without an item moves little
		{300, 21, 1106 * time.Second}, // a service that has stopped is not "nearly done"
		{400, 99, 4 * time.Second},
		{404, 100, 0},
	} {
		now := start.Add(time.Duration(tt.at) * time.Second)
		f.see(now, tt.ended, tt.ended)
		got, known := f.left(now)
		if got = got.Round(time.Second); !known || got != tt.want {
			t.Errorf("after %d s and %d items: left = %v, %t; want %v", tt.at, tt.ended, got, known, tt.want)
		}
	}
}

func TestForecastUnknown(t *testing.T) {
	start := time.Date(2026, 11, 22, 8, 0, 0, 0, time.UTC)
	f := forecast{work: 10, start: start}
	if left, known := f.left(start.Add(time.Second)); known {
		t.Errorf("left = %v without a plan and without a pace, want nothing", left)
	}
	f.see(start.Add(2*time.Second), 1, 1)
	f.see(start.Add(4*time.Second), 5, 5)
	if left, known := f.left(start.Add(4 * time.Second)); !known || left != 2500*time.Millisecond {
		t.Errorf("left = %v, %t; want 2.5s", left, known)
	}
}

// TestForecastStandsStill lets nothing move: the time left falls by what the plan expects between
// two moves, then no more, whether the plan or the pace tells it.
func TestForecastStandsStill(t *testing.T) {
	start := time.Date(2026, 11, 28, 8, 0, 0, 0, time.UTC)
	for _, ended := range []int{0, 1, 4, 10, 19, 30} {
		f := forecast{planned: 1000 * time.Second, quiet: 20 * time.Second, work: 100, start: start}
		for i := range ended {
			f.see(start.Add(time.Duration(i+1)*10*time.Second), i+1, 2*i)
		}
		moved := start.Add(time.Duration(ended) * 10 * time.Second)
		before, _ := f.left(moved.Add(20 * time.Second))
		for s := 25; s < 4000; s += 5 {
			now := moved.Add(time.Duration(s) * time.Second)
			f.see(now, ended, 2*max(ended-1, 0))
			left, known := f.left(now)
			if !known || left < before {
				t.Fatalf("%d s after %d items: %v left, before that %v", s, ended, left, before)
			}
			before = left
		}
	}
	f := forecast{planned: 1000 * time.Second, quiet: 20 * time.Second, work: 100, start: start}
	f.see(start.Add(520*time.Second), 0, 1)
	if left, _ := f.left(start.Add(530 * time.Second)); left != 970*time.Second {
		t.Errorf("%v left, 10 s after a standstill of 500 s, want 970 s", left)
	}
}

package term

import (
	"testing"
	"time"
)

// TestForecast holds the time left against what a person expects to read, at moments of one run.
func TestForecast(t *testing.T) {
	start := time.Date(2026, 11, 22, 8, 0, 0, 0, time.UTC)
	f := forecast{planned: 1000 * time.Second, work: 100, start: start}
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
		f.see(now, tt.ended)
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
	f.see(start.Add(2*time.Second), 1)
	f.see(start.Add(4*time.Second), 5)
	if left, known := f.left(start.Add(4 * time.Second)); !known || left != 2500*time.Millisecond {
		t.Errorf("left = %v, %t; want 2.5s", left, known)
	}
}

package spell

import "testing"

func TestNearest(t *testing.T) {
	names := []string{"run", "plan", "status", "report", "init"}
	for typed, want := range map[string]string{"rum": "run", "paln": "plan", "stats": "status", "stat": "status", "reprot": "report", "frob": "", "x": ""} {
		if got := Nearest(typed, names); got != want {
			t.Errorf("Nearest(%q) = %q, want %q", typed, got, want)
		}
	}
}

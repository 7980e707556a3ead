package report

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/qwenbatch/qwenbatch/output"
)

// numbered yields n rows and then, if it is not nil, an error. It may be ranged over once.
func numbered(t *testing.T, n int, err error) results {
	begun := false
	return func(yield func(output.Result, error) bool) {
		if begun {
			t.Error("the rows are read a second time")
		}
		begun = true
		for i := range n {
			if !yield(output.Result{Row: i}, nil) {
				return
			}
		}
		if err != nil {
			yield(output.Result{}, err)
		}
	}
}

// taking is a writer of all rows, but for those above most.
func taking(name string, most int, got *[]int, log *[]string) writer {
	return func(rows results) (string, error) {
		for r, err := range rows {
			if err != nil {
				return "", fmt.Errorf("%s: %w", name, err)
			}
			if *got = append(*got, r.Row); len(*got) == most {
				return "", errors.New(name + " is full")
			}
		}
		*log = append(*log, name)
		return name, nil
	}
}

func TestTogether(t *testing.T) {
	var one, two, three []int
	var ended []string
	none := func(results) (string, error) { return "", errors.New("no disk") }
	written, errs := together(numbered(t, 5, nil), []writer{taking("a", 0, &one, &ended), none,
		taking("b", 2, &two, &ended), taking("c", 0, &three, &ended)})
	if !slices.Equal(written, []string{"a", "c"}) || !slices.Equal(ended, written) {
		t.Errorf("written %q, in the order %q, want a and c", written, ended)
	}
	if fmt.Sprint(errs) != "[<nil> no disk b is full <nil>]" {
		t.Errorf("errors %v", errs)
	}
	if fmt.Sprint(one, two, three) != "[0 1 2 3 4] [0 1] [0 1 2 3 4]" {
		t.Errorf("rows %v, %v and %v", one, two, three)
	}
}

// An error of the rows is every writer's, so that no report is cut short.
func TestTogetherFails(t *testing.T) {
	broken := errors.New("the state is broken")
	for _, rows := range []int{0, 3} {
		var one, two []int
		var ended []string
		written, errs := together(numbered(t, rows, broken), []writer{taking("a", 0, &one, &ended),
			taking("b", 0, &two, &ended)})
		if len(written) > 0 || !errors.Is(errs[0], broken) || !errors.Is(errs[1], broken) {
			t.Errorf("%d rows, then an error: written %q, %v", rows, written, errs)
		}
	}
}

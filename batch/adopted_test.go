package batch

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"strconv"
	"strings"
	"testing"

	"github.com/qwenbatch/qwenbatch/client/emulator"
	"github.com/qwenbatch/qwenbatch/output/imagefile"
)

// What is said of a picture whose task was found and not answered: that it was, and no seed that it may not have.

// twinSheet has n rows with the same words and a seed of their own each.
func twinSheet(n int) string {
	var b strings.Builder
	b.WriteString("id,prompt,seed\n")
	for i := range n {
		fmt.Fprintf(&b, "t%d,a red cat,%d\n", i, 1000+i)
	}
	return b.String()
}

// resultRows are the rows of results.csv by their ids, each with its cells by their columns.
func (s *scene) resultRows() map[string]map[string]string {
	s.t.Helper()
	s.report(nil)
	all, err := csv.NewReader(strings.NewReader(strings.TrimPrefix(s.reports()[0], "\ufeff"))).ReadAll()
	if err != nil {
		s.t.Fatal(err)
	}
	rows := map[string]map[string]string{}
	for _, cells := range all[1:] {
		row := map[string]string{}
		for i, name := range all[0] {
			row[name] = cells[i]
		}
		rows[row["id"]] = row
	}
	return rows
}

// falseSeeds counts the items that are shown with another seed than their task was sent with.
func (s *scene) falseSeeds() (n int) {
	s.t.Helper()
	seeds := map[string]string{}
	for _, task := range s.server.Books().Tasks {
		seeds[task.ID] = strconv.FormatInt(task.Seed, 10)
	}
	for _, row := range s.resultRows() {
		if row["seed"] != "" && row["task_id"] != "" && row["seed"] != seeds[row["task_id"]] {
			n++
		}
	}
	return n
}

// TestL10TwinsAfterALostState loses the state file while eight items with the same words are open. Each gets a
// picture, none is paid again, and no seed is claimed.
func TestL10TwinsAfterALostState(t *testing.T) {
	const twins = 8
	play(t, twinSheet(twins), emulator.Options{CV: 0.5}, func(s *scene) {
		s.options.Window = twins            // all are open when the first has ended
		s.dies(on("create", "images/.", 2)) // the probe; the first picture
		s.drop("state")
		s.drop("images/")
		s.options.Restored = true
		s.ends()
		s.wantPosts(twins)
		s.wantPaidOnce(twins)
		if n := s.falseSeeds(); n > 0 {
			t.Errorf("%d of %d twins are shown with another's seed", n, twins)
		}
		for id, row := range s.resultRows() {
			if row["adopted"] != "prompt" || row["seed"] != "" {
				t.Errorf("%s: adopted %q, seed %q, want prompt and none", id, row["adopted"], row["seed"])
			}
			name := row["file"]
			b, _ := s.disk.Content(name)
			texts, err := imagefile.Texts(bytes.NewReader(b))
			if err != nil {
				t.Fatal(err)
			}
			for _, text := range texts {
				if strings.Contains(text.Value, "Seed: ") {
					t.Errorf("%s tells a seed: %q", name, text.Value)
				}
			}
		}
		// The pictures tell it, too, should the state file be lost again.
		s.drop("state")
		s.ends()
		s.wantPosts(twins)
		if n := s.falseSeeds(); n > 0 {
			t.Errorf("taken in from the pictures, %d of %d twins are shown with another's seed", n, twins)
		}
	})
}

// TestL11AdoptedIsShown loses an answer: results and page say that the task was found, and by its words, which are no
// proof of its seed.
func TestL11AdoptedIsShown(t *testing.T) {
	play(t, three, emulator.Options{}, func(s *scene) {
		s.fault = at("submit", 2, emulator.Fault{LoseAnswer: true})
		s.ends()
		s.wantPaidOnce(3)
		adopted := 0
		for id, row := range s.resultRows() {
			if row["adopted"] == "prompt" {
				adopted++
			}
			if known := row["seed"] != ""; known != (row["adopted"] == "") {
				t.Errorf("%s: adopted %q, seed %q, want a seed where it was not adopted", id, row["adopted"], row["seed"])
			}
		}
		if adopted != 1 || s.falseSeeds() > 0 {
			t.Errorf("%d rows say that their task was found, want 1; %d have a wrong seed", adopted, s.falseSeeds())
		}
		reports := s.reports()
		for i, page := range reports[1:] {
			if strings.Count(page, `"adopted":"prompt"`) != 1 {
				t.Errorf("report %d does not say it once", i+1)
			}
		}
	})
}

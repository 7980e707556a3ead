package report

import (
	"fmt"
	"iter"
	"log/slog"

	"github.com/qwenbatch/qwenbatch/batch/pictures"
	"github.com/qwenbatch/qwenbatch/batch/state"
	"github.com/qwenbatch/qwenbatch/client"
	"github.com/qwenbatch/qwenbatch/manifests"
	"github.com/qwenbatch/qwenbatch/output"
	"github.com/qwenbatch/qwenbatch/output/durable"
)

// A View is a batch as it is read: the manifest, the state file, and which entry of that each item
// of the manifest is. It holds as long as none of them changes.
type View struct {
	Manifest *manifests.Manifest
	State    *state.File
	Pictures *pictures.Inventory
	Disk     durable.Disk  // the output folder
	Matches  []state.Match // of the items, in the order of the manifest
	Skipped  []bool        // by the manifest, item by item
	HasIDs   bool          // some item has an id
	Model    string        // of items that name none
	Tool     string        // version of the program
	// Rehearsal says that nothing was paid.
	Rehearsal bool
	// Workbook says whether results.xlsx is written; nil is where the manifest's rows stand in
	// a workbook.
	Workbook *bool
	// Cost returns what a request costs, 0 where that is not known.
	Cost func(state.Request) client.Money
	Log  *slog.Logger
}

// page is what report.html says of the batch as a whole.
func (v View) page() output.Page {
	page := output.Page{Manifest: v.Manifest.Name(), Columns: v.Manifest.Columns(),
		Currency: "CNY", Rehearsal: v.Rehearsal, Tool: "qwenbatch " + v.Tool, Disk: v.Disk}
	var spent client.Money
	for _, m := range v.Matches {
		if m.Entry >= 0 {
			spent += v.State.Entry(int(m.Entry)).Paid
		}
	}
	page.Spent = spent.String()
	if gone := v.State.Paid() - spent; gone > 0 {
		page.SpentGone = gone.String()
	}
	return page
}

// marked is the page with the marks of the results.xlsx that is there, whose reading takes a
// second for 10,000 rows.
func (v View) marked() output.Page {
	defer lean()()
	page := v.page()
	page.Marks = output.SavedMarks(v.Disk)
	return page
}

// Results yields the rows of the reports. It goes through the manifest and parses the records as
// it is ranged over.
func (v View) Results() iter.Seq2[output.Result, error] {
	return func(yield func(output.Result, error) bool) {
		if v.Pictures.Err() != nil {
			yield(output.Result{}, fmt.Errorf(
				"nobody can say which pictures are there: %w", v.Pictures.Err()))
			return
		}
		records, i := state.NewReader(v.State), 0
		for it, err := range v.Manifest.Items() {
			var r output.Result
			if err == nil {
				r, err = v.result(records, it, v.Matches[i])
			}
			if !yield(r, err) || err != nil {
				return
			}
			i++
		}
	}
}

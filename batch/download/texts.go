package download

import (
	"strconv"
	"strings"

	"github.com/qwenbatch/qwenbatch/batch/pictures"
	"github.com/qwenbatch/qwenbatch/batch/state"
	"github.com/qwenbatch/qwenbatch/output/imagefile"
)

// texts returns the texts that are written into the i-th picture of a record: whose it is, from
// which a lost state file is rebuilt, and how it was made.
func (s *Saver) texts(rec *state.Record, i int) []imagefile.Text {
	id := pictures.Identity{Key: rec.Key, ID: rec.ID, Print: rec.Print, Task: rec.Task, Number: i,
		Request: rec.Request, Name: rec.Name, Sent: rec.Sent, Actual: rec.ActualPrompt,
		Cost: s.Price(rec.Sent), At: rec.Submitted, Redo: rec.Redo, Adopted: rec.Adopted,
		SeedUnknown: rec.SeedUnknown}
	if s.NoMetadata {
		id.Sent.Prompt, id.Sent.Negative, id.Actual = "", "", ""
		id.Sent.Inputs = nil // names of files
	}
	return []imagefile.Text{
		{Keyword: pictures.IdentityKeyword, Value: id.String()}, s.parameters(id)}
}

// parameters returns the text from which viewers of generated pictures tell how one was made.
func (s *Saver) parameters(id pictures.Identity) imagefile.Text {
	sent, seed := id.Sent, ""
	if !id.SeedUnknown {
		seed = strconv.FormatInt(sent.Seed, 10)
	}
	return imagefile.Parameters(sent.Prompt, sent.Negative, []imagefile.Text{
		{Keyword: "Seed", Value: seed},
		{Keyword: "Size", Value: strings.ReplaceAll(sent.Size, "*", "x")},
		{Keyword: "Model", Value: sent.Model},
		{Keyword: "Task ID", Value: id.Task},
		{Keyword: "Actual prompt", Value: id.Actual},
		{Keyword: "Version", Value: strings.TrimSpace("qwenbatch " + s.Tool)},
	})
}

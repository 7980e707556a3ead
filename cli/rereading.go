package cli

import (
	"cmp"
	"fmt"

	"github.com/qwenbatch/qwenbatch/batch"
	"github.com/qwenbatch/qwenbatch/cli/term"
	"github.com/qwenbatch/qwenbatch/manifests"
)

// formerEncoding is what earlier versions, which recorded no encoding, took for the encoding of
// any text that is not UTF-8.
const formerEncoding = "gb18030"

// reread refuses a run that would pay for finished pictures again only because the manifest's
// encoding is guessed otherwise than by the last run; nil where it would not.
func reread(b *batch.Batch, m *manifests.Manifest, p batch.Plan) *mistake {
	recorded, found := b.Recorded()
	was := cmp.Or(recorded.Encoding, formerEncoding)
	if !found || p.Anew == 0 || !m.Detected() || m.ReadIn(was) {
		return nil
	}
	return &mistake{
		text: fmt.Sprintf("the last run has read %s as %s, and it looks like %s: %s would be made "+
			"and paid anew for that", term.Quote(m.Name()), was, m.Encoding(),
			term.Amount(p.Anew, "finished picture")),
		hint: fmt.Sprintf("--encoding %s reads it as before; --encoding %s pays for what it "+
			"changes, and the older pictures are kept in images/replaced", was, m.Encoding())}
}

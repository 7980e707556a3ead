package cli

import (
	"github.com/qwenbatch/qwenbatch/batch"
	"github.com/qwenbatch/qwenbatch/batch/state"
	"github.com/qwenbatch/qwenbatch/cli/term"
	"github.com/qwenbatch/qwenbatch/client"
	"github.com/qwenbatch/qwenbatch/output/durable"
)

// A job is one run of a batch, from its plan to its summary. It belongs to one goroutine; the
// watch alone is called from others.
type job struct {
	p        *program
	f        *runFlags
	screen   *term.Screen
	manifest string // path
	folder   string
	disk     durable.Disk
	stage    rehearsalServer
	checked  *checkedManifest
	batch    *batch.Batch
	plan     batch.Plan
	watch    term.Watch
	records  *term.JSONView // with --progress json
	junit    *extraFile
	looked   bool // beside the folder, before it was made
}

// caller is the client of the service or of the rehearsal. It sends nothing yet.
func (j *job) caller(settings state.Settings, key client.Key) (*client.Client, error) {
	config := j.f.config(settings, key)
	if j.f.rehearse {
		config = j.stage.config()
	}
	return newClient(config)
}

// search looks for the batch of this run in other folders.
func (j *job) search(o batch.Options) search {
	return search{args: j.p.args, sheet: j.manifest, folder: j.folder, retried: "--new",
		warn: j.p.warn, beside: !j.f.rehearse && !j.f.anew && !j.f.restored,
		shared: j.f.accept, chosen: j.f.out != "",
		options: batch.Options{Manifest: o.Manifest, Index: o.Index, Settings: o.Settings,
			Rules: o.Rules, Tool: version(), RetryFailed: j.f.retry}}
}

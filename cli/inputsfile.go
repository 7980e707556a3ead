package cli

import (
	"bytes"
	"os"
	"path/filepath"

	"github.com/qwenbatch/qwenbatch/manifests/inputs"
	"github.com/qwenbatch/qwenbatch/output/durable"
)

// inputsFile keeps in the output folder what is known of the photos that rows name, so that a run
// with nothing to do reads none of them. It may be deleted at any time.
const inputsFile = ".inputs.jsonl"

// readInputs returns what an output folder keeps; of a damaged file what is whole. A photo that it
// does not know is read.
func readInputs(folder string) *inputs.Memory {
	m := &inputs.Memory{}
	f, err := os.Open(filepath.Join(folder, inputsFile))
	if err != nil {
		return m
	}
	defer f.Close()
	_ = m.Load(f) // what is missing is read again
	return m
}

// keepInputs writes what a run has learnt of photos. The error is of the disk, and costs the next run
// a second look.
func keepInputs(disk durable.Disk, m *inputs.Memory) error {
	if m == nil || m.FilesRead() == 0 {
		return nil
	}
	var b bytes.Buffer
	if err := m.Save(&b); err != nil {
		return err
	}
	return durable.ReplaceUnsynced(disk, inputsFile, b.Bytes())
}

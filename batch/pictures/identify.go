package pictures

import (
	"io"

	"github.com/qwenbatch/qwenbatch/batch/state"
	"github.com/qwenbatch/qwenbatch/client"
	"github.com/qwenbatch/qwenbatch/output/durable"
	"github.com/qwenbatch/qwenbatch/output/imagefile"
)

// An identified file says whose picture it is.
type identified struct {
	identity Identity
	picture  state.Picture
	ext      string
}

// identify reads a picture or part of ours; whole is false where it is not to be trusted.
func identify(disk durable.Disk, file string) (found identified, whole bool) {
	id, ours := ReadIdentity(disk, file)
	if !ours {
		return identified{}, false
	}
	body, err := read(disk, file)
	if err != nil {
		return identified{identity: id}, false
	}
	p, err := imagefile.Inspect(body)
	return identified{id, PictureOf(file, p, body), p.Ext}, err == nil
}

// isOf reports whether a file says that it is the i-th picture of a record, whose files have the
// name of the record, or the other one.
func isOf(disk durable.Disk, file string, rec state.Record, other string, i int) bool {
	id, known := ReadIdentity(disk, file)
	return known && id.Key == rec.Key && id.Task == rec.Task && id.Number == numberOf(rec, other, i)
}

// read returns the bytes of a file, as many as a picture of ours can have and some more.
func read(disk durable.Disk, file string) ([]byte, error) {
	f, err := disk.Open(file)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, client.MaxPicture+1<<20))
}

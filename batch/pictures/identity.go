package pictures

import (
	"encoding/json"
	"errors"
	"io/fs"
	"time"

	"github.com/qwenbatch/qwenbatch/batch/state"
	"github.com/qwenbatch/qwenbatch/client"
	"github.com/qwenbatch/qwenbatch/output/durable"
	"github.com/qwenbatch/qwenbatch/output/imagefile"
)

// ImagesDir is the folder of the pictures.
const ImagesDir = "images"

// An Identity is written into every picture, so that records which the state file lost can be
// rebuilt from a folder of pictures.
type Identity struct {
	Key     string            `json:"key"`
	ID      string            `json:"id,omitempty"`
	Print   state.Fingerprint `json:"fp"`
	Task    string            `json:"task_id"`
	Number  int               `json:"picture"` // of the request, from 0
	Request string            `json:"request_id,omitempty"`
	Name    string            `json:"name,omitempty"`
	Sent    state.Request     `json:"sent"` // without prompts where Options.NoMetadata says so
	Actual  string            `json:"actual_prompt,omitempty"`
	Cost    client.Money      `json:"cost_micros,omitempty"` // of this picture
	At      time.Time         `json:"submitted_at,omitzero"`
	Redo    int               `json:"redo,omitempty"` // the request it was bought for; see [state.Redo]
	// Adopted and SeedUnknown are the record's.
	Adopted     string `json:"adopted,omitempty"`
	SeedUnknown bool   `json:"seed_unknown,omitempty"`
}

// IdentityKeyword is that of the text in a picture which holds its identity.
const IdentityKeyword = "qwenbatch"

// String is the identity as JSON.
func (id Identity) String() string {
	b, err := json.Marshal(id)
	if err != nil {
		panic(err) // unreachable: its time has been recorded before
	}
	return string(b)
}

// ReadIdentity reads the identity from a picture; ok is false if the file has none or cannot be
// read.
func ReadIdentity(disk durable.Disk, name string) (id Identity, ok bool) {
	f, err := disk.Open(name)
	if err != nil {
		return Identity{}, false
	}
	defer f.Close()
	texts, err := imagefile.Texts(f)
	if err != nil {
		return Identity{}, false
	}
	for _, t := range texts {
		var id Identity
		if t.Keyword == IdentityKeyword && json.Unmarshal([]byte(t.Value), &id) == nil {
			return id, true
		}
	}
	return Identity{}, false
}

// PictureOf is a file that holds b, which was looked at.
func PictureOf(file string, found imagefile.Picture, b []byte) state.Picture {
	return state.Picture{File: file, Width: found.Width, Height: found.Height, Bytes: int64(len(b)),
		SHA256: imagefile.SHA256(b)}
}

// Traces returns the file which shows that there was a batch in a folder without a state file, ""
// where none does: a picture of ours, or what [state.Traces] finds. The folder of pictures alone
// proves nothing.
func Traces(disk durable.Disk) (string, error) {
	if name, err := state.Traces(disk); name != "" || err != nil {
		return name, err
	}
	for file, err := range disk.List(ImagesDir) {
		switch {
		case errors.Is(err, fs.ErrNotExist):
			return "", nil
		case err != nil:
			return "", err
		}
		name := ImagesDir + "/" + file
		if id, ours := ReadIdentity(disk, name); ours {
			if _, err := state.ParseKey(id.Key); err == nil {
				return name, nil
			}
		}
	}
	return "", nil
}

package state

import (
	"encoding/json"
	"time"

	"github.com/qwenbatch/qwenbatch/client"
	"github.com/qwenbatch/qwenbatch/output/durable"
	"github.com/qwenbatch/qwenbatch/output/imagefile"
)

// ImagesDir is the folder of the pictures.
const ImagesDir = "images"

// An Identity is written into every picture, so that records which the state file lost can be
// rebuilt from a folder of pictures.
type Identity struct {
	Key     string       `json:"key"`
	ID      string       `json:"id,omitempty"`
	Print   Fingerprint  `json:"fp"`
	Task    string       `json:"task_id"`
	Number  int          `json:"picture"` // of the request, from 0
	Request string       `json:"request_id,omitempty"`
	Name    string       `json:"name,omitempty"`
	Sent    Request      `json:"sent"` // without prompts where Options.NoMetadata says so
	Actual  string       `json:"actual_prompt,omitempty"`
	Cost    client.Money `json:"cost_micros,omitempty"` // of this picture
	At      time.Time    `json:"submitted_at,omitzero"`
	Redo    int          `json:"redo,omitempty"` // the redo request that it was bought for; see [Redo]
	// Adopted and SeedUnknown are the record's.
	Adopted     string `json:"adopted,omitempty"`
	SeedUnknown bool   `json:"seed_unknown,omitempty"`
}

// IdentityKeyword is that of the text in a picture which holds its identity.
const IdentityKeyword = "qwenbatch"

// String is what json.Marshal makes of an identity.
func (id Identity) String() string {
	a := appender{b: make([]byte, 0, usualLine), html: true}
	a.inBraces(id.appendTo)
	if a.err != nil {
		panic(a.err) // unreachable: the time has been recorded before
	}
	return string(a.b)
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

func (id Identity) appendTo(a *appender) {
	a.text("key", id.Key)
	a.optionalText("id", id.ID)
	a.hex("fp", id.Print[:])
	a.text("task_id", id.Task)
	a.number("picture", int64(id.Number))
	a.optionalText("request_id", id.Request)
	a.optionalText("name", id.Name)
	a.object("sent", id.Sent.appendTo)
	a.optionalText("actual_prompt", id.Actual)
	a.optionalNumber("cost_micros", int64(id.Cost))
	a.optionalTime("submitted_at", id.At)
	a.optionalNumber("redo", int64(id.Redo))
	a.optionalText("adopted", id.Adopted)
	a.optionalFlag("seed_unknown", id.SeedUnknown)
}

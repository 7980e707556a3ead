package state

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/qwenbatch/qwenbatch/client"
)

// The state file holds three kinds of lines: one header, an item line for every change of an
// item, and marks where a run starts and stops. An item's line is all there is to know of it:
// the last one counts, and what was before it may be dropped. Fields may be added, never
// renamed.

// version is the version of the format. A file with a higher one is refused.
const version = 1

// A Phase is how far an item has come. The names are written to the state file.
type Phase string

const (
	// ready: nothing of it is at the service. Recorded only after a submission that provably
	// created nothing.
	Ready Phase = "ready"
	// intent: a submission is about to be sent, or was sent and not answered. It may have been
	// paid for.
	Intent Phase = "intent"
	// open: the service has a task of ours.
	Open Phase = "open"
	// done: the pictures are on disk, paid.
	Done Phase = "done"
	// failed: it failed for good and cost nothing.
	Failed Phase = "failed"
	// held: it may have been paid for and cannot be settled without a person.
	Held Phase = "held"
	// abandoned: a person gave it up.
	Abandoned Phase = "abandoned"
)

// Waiting reports whether the service has, or may have, a task of an item.
func (p Phase) Waiting() bool { return p == Intent || p == Open }

// A Record is everything that is known of an item.
type Record struct {
	Key   string      `json:"key"`
	ID    string      `json:"id,omitempty"`
	Print Fingerprint `json:"fp"`
	Phase Phase       `json:"phase"`
	// At is when the line was written, Intent when the last submission was announced: the
	// service's clock.
	At     time.Time `json:"at"`
	Intent time.Time `json:"intent_at,omitzero"`
	// Name is what its picture shall be called, without extension.
	Name string `json:"name,omitempty"`
	// Sent is what is sent, decided once and never computed again.
	Sent    Request `json:"sent,omitzero"`
	Attempt int     `json:"attempts,omitempty"`
	// Task is the last task, Request the id of its submission. Earlier are tasks of this item
	// that failed.
	Task    string   `json:"task_id,omitempty"`
	Request string   `json:"request_id,omitempty"`
	Earlier []string `json:"earlier_tasks,omitempty"`
	// EarlierAt are the intents of those, in seconds since 1970; 0 where a version before this
	// one has not noted it.
	EarlierAt []int64 `json:"earlier_at,omitempty"`
	// Submitted is the service's clock, as near as it is known.
	Submitted time.Time `json:"submitted_at,omitzero"`
	Finished  time.Time `json:"finished_at,omitzero"`
	// Succeeded is when the service first said so of an open task whose picture could not be
	// fetched yet: it is paid for.
	Succeeded time.Time `json:"succeeded_at,omitzero"`
	// Adopted says that the task was found in the task list after its submission went
	// unanswered, and by what: "request_id" or "prompt". Released are tasks that were adopted
	// and turned out to be another client's.
	Adopted  string   `json:"adopted,omitempty"`
	Released []string `json:"released_tasks,omitempty"`
	// SeedUnknown says that another seed than the item's may have made the pictures: the task
	// was adopted for its words, which another may have sent, too.
	SeedUnknown bool `json:"seed_unknown,omitempty"`
	// Answer is what a submission that is in doubt was answered with, if it was. Heard is when
	// the service's clock was first heard after it. Suspects are tasks that could be its and
	// that are not ruled out.
	Answer   string    `json:"answer,omitempty"`
	Heard    time.Time `json:"heard_at,omitzero"`
	Suspects []Suspect `json:"suspects,omitempty"`
	// OtherSize says that the size was refused in one edition's form and is sent in the other's.
	OtherSize bool `json:"other_size,omitempty"`
	// Pictures are on disk, in the order of the task.
	Pictures     []Picture    `json:"pictures,omitempty"`
	ActualPrompt string       `json:"actual_prompt,omitempty"`
	Cost         client.Money `json:"cost_micros,omitempty"`
	// Doubted is what submissions may have cost that were sent again although their outcome was
	// unknown.
	Doubted client.Money `json:"doubted_micros,omitempty"`
	// Before is what older pictures of this item cost, which Replaced counts.
	Before   client.Money `json:"cost_before_micros,omitempty"`
	Replaced int          `json:"replaced,omitempty"`
	// Redone is how many seeds were drawn for it after its first, Redo the number of the last
	// redo request that it was sent for; see [Redo]. Lost says that its picture
	// is gone and that the service did not give it out again.
	Redone   int      `json:"redone,omitempty"`
	Redo     int      `json:"redo,omitempty"`
	Lost     bool     `json:"lost,omitempty"`
	Code     string   `json:"error_code,omitempty"`
	Message  string   `json:"error_message,omitempty"`
	Warnings []string `json:"warnings,omitempty"`
}

// A Suspect is a task that may be of a submission in doubt. Created is by the task list's clock.
type Suspect struct {
	Task    string    `json:"task_id"`
	Created time.Time `json:"created_at,omitzero"`
}

// Request is the request as it went out.
type Request struct {
	Model        string `json:"model"`
	Prompt       string `json:"prompt"`
	Negative     string `json:"negative_prompt,omitempty"`
	Size         string `json:"size"`
	Seed         int64  `json:"seed"`
	N            int    `json:"n"`
	PromptExtend bool   `json:"prompt_extend"`
	Watermark    bool   `json:"watermark"`
	// Sync says that it goes over the synchronous interface, which knows no tasks.
	Sync bool `json:"sync,omitempty"`
	// Inputs are the pictures that it shows, Parameters what few models know, as a JSON object.
	Inputs     []Input         `json:"inputs,omitempty"`
	Parameters json.RawMessage `json:"parameters,omitempty"`
}

// Supersede moves the last task to the earlier ones, since the item is about to be sent again.
func (r *Record) Supersede() {
	if r.Task == "" || slices.Contains(r.Earlier, r.Task) {
		return
	}
	at := make([]int64, len(r.Earlier)+1)
	copy(at, r.EarlierAt)
	at[len(r.Earlier)] = r.Intent.Unix()
	r.Earlier, r.EarlierAt = append(r.Earlier, r.Task), at
}

// A Picture is a file below the output folder.
type Picture struct {
	File   string `json:"file"`
	Width  int    `json:"width,omitempty"`
	Height int    `json:"height,omitempty"`
	Bytes  int64  `json:"bytes"`
	SHA256 string `json:"sha256"`
	// Original is the hash of what was saved, where another picture was put in its place,
	// which the other fields describe; Damage is what is wrong with the file, which is
	// not the picture that they describe.
	Original string `json:"original_sha256,omitempty"`
	Damage   string `json:"damage,omitempty"`
}

// Edited reports whether a picture was changed after it was saved.
func (r Record) Edited() bool {
	return slices.ContainsFunc(r.Pictures, func(p Picture) bool { return p.Original != "" })
}

// Damage is what is wrong with the first picture that is damaged.
func (r Record) Damage() string {
	for _, p := range r.Pictures {
		if p.Damage != "" {
			return p.File + ": " + p.Damage
		}
	}
	return ""
}

// Fingerprint is a hash of what manifest and flags say of an item; see manifests.Item.Fingerprint.
type Fingerprint [16]byte

func (f Fingerprint) MarshalText() ([]byte, error) { return hex.AppendEncode(nil, f[:]), nil }

func (f *Fingerprint) UnmarshalText(text []byte) error {
	if len(text) != 32 {
		return fmt.Errorf("fingerprint of %d digits", len(text))
	}
	_, err := hex.Decode(f[:], text)
	return err
}

// A Header is the first line.
type Header struct {
	Version int       `json:"qwenbatch"`
	Tool    string    `json:"tool"`
	Created time.Time `json:"created"`
	// Salt makes KeyPrint useless elsewhere.
	Salt     string   `json:"salt"`
	KeyPrint string   `json:"key,omitempty"`
	Settings Settings `json:"settings"`
}

// Settings are what a state file is bound to and what commands without flags go on with.
type Settings struct {
	// Manifest is a file name, for messages only.
	Manifest  string `json:"manifest"`
	BaseURL   string `json:"base_url"`
	Region    string `json:"region"`
	Workspace string `json:"workspace,omitempty"`
	Mode      string `json:"mode,omitempty"`
	// Rehearsal says that nothing here was ever paid.
	Rehearsal bool `json:"rehearsal,omitempty"`
	// Encoding is what the manifest was read in by the last run; "" in older files.
	Encoding string `json:"encoding,omitempty"`
	// Flags are those of the last run that say something of its items, by name, so that other
	// commands see the same items.
	Flags map[string]string `json:"flags,omitempty"`
}

// A Mark says that a run started or stopped. A file whose last line is no stop was left by a
// crash.
type Mark struct {
	Run  string    `json:"run"` // "start" or "stop"
	At   time.Time `json:"at"`
	Tool string    `json:"tool,omitempty"`
	// Since is the moment from which on tasks may exist that this file has lost and that no run
	// has looked through yet, to the end; zero where there are none such. It outlives runs that
	// were stopped meanwhile.
	Since time.Time `json:"sweep_since,omitzero"`
	// Seen is the newest time of a picture, by the file system's clock, when what was to be
	// seen of all of them had been recorded; zero in older files. Every mark repeats it.
	Seen time.Time `json:"seen,omitzero"`
	// Place is where the file stood when a run began; see durable.Disk.
	Place string `json:"place,omitempty"`
	// Redos are the unfinished redo requests. Every mark repeats them.
	Redos []Redo `json:"redos,omitempty"`
}

// A Redo is a request of --redo which was begun and is not finished.
type Redo struct {
	Number int    `json:"n"`
	Of     string `json:"of"` // a hash of what it asks for
	// Keys are of the items that it names, as they were when it began: of two rows that say the
	// same, either may stand first in the state file after a crash, and the one that was not
	// meant would be bought again. There are none where it names very many.
	Keys []string `json:"keys,omitempty"`
}

// A Key is what the state file calls an item: 64 bits of a hash, and the number of the item in
// its row above the first.
type Key struct {
	base   uint64
	number int32
}

func (k Key) String() string {
	if k.number > 1 {
		return fmt.Sprintf("%016x-%d", k.base, k.number)
	}
	return fmt.Sprintf("%016x", k.base)
}

// ParseKey reads what [Key.String] writes.
func ParseKey(s string) (Key, error) {
	k, ok := keyOf([]byte(s))
	if !ok {
		return Key{}, fmt.Errorf("key %q is none", s)
	}
	return k, nil
}

// keyOf reads what key.String writes, and nothing else.
func keyOf(text []byte) (k Key, ok bool) {
	var base [8]byte
	k.number = 1
	if len(text) < 16 || bytes.ContainsAny(text[:16], "ABCDEF") {
		return k, false
	}
	if _, err := hex.Decode(base[:], text[:16]); err != nil {
		return k, false
	}
	k.base = binary.BigEndian.Uint64(base[:])
	if len(text) == 16 {
		return k, true
	}
	n, err := strconv.ParseInt(string(text[17:]), 10, 32)
	k.number = int32(n)
	return k, err == nil && text[16] == '-' && k.number > 1 && text[17] >= '1'
}

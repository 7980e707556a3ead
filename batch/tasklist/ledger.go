package tasklist

import (
	"fmt"
	"io"
	"log/slog"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/qwenbatch/qwenbatch/batch/state"
	"github.com/qwenbatch/qwenbatch/client"
	"github.com/qwenbatch/qwenbatch/output/durable"
)

// A Ledger says which tasks the batches of this user have claimed. It lies outside of the
// output folders, in the user's cache, and serves two ends. A task that another batch of the
// account has claimed is no candidate for a doubt or a sweep of this one, whatever its prompt.
// And a task that this batch has claimed and that its state file does not know shows that the
// file has lost its end: a backup was copied over it, say.
//
// Each run of a batch appends to a file of its own, ACCOUNT-BATCH-START, in whole lines,
// without a lock and without fsync:
//
//	HASH TIME KIND
//
// HASH is of the task's id, TIME is by the service's clock in seconds, KIND is one of the
// claims below; the last line of a task counts. A line is written before the state file records
// the task: where the process dies in between, the next run looks for the task, and no other
// batch adopts it.
//
// A ledger that cannot be read or written is a warning and no more: without it a batch may
// adopt another's task of the same prompt, and looks through the list after every unclean end.
// A Ledger is safe for concurrent use once Begin has returned.
type Ledger struct {
	disk          durable.Disk // nil for no ledger
	log           *slog.Logger
	accountPrefix string    // of the names of all files of the account
	ownPrefix     string    // of those of this batch
	name          string    // of the file of this run
	created       time.Time // the state file, by the service's clock

	mu      sync.Mutex
	file    durable.File
	offsets map[string]int64 // up to where each file is in claims
	claims  map[string]map[uint64]claim
}

// A claim is what the last line of a task says.
type claim struct {
	at   time.Time
	kind byte
}

// The kinds of claims. An answer to a submission is certain.
const (
	claimAnswered = 'a'
	claimAdopted  = 'w' // for its prompt
	claimReleased = 'r' // adopted, and turned out to be another's
)

// claimLifetime is how long a claim counts: no list shows an older task.
const claimLifetime = 25 * time.Hour

// claimFormat is the format of a line.
const claimFormat = "%016x %010d %c\n"

// claimLength is the length of every line.
var claimLength = len(fmt.Sprintf(claimFormat, 0, 0, claimAnswered))

// Open opens the ledger of an account, by the header of the batch's state file, and removes files
// that are too old. Cache is the folder of all ledgers, and nil where there is none. Nothing is
// written before Begin.
func (l *Ledger) Open(cache durable.Disk, log *slog.Logger, account string, header state.Header) {
	if cache == nil {
		return
	}
	l.disk, l.log, l.offsets, l.claims = cache, log, map[string]int64{},
		map[string]map[uint64]claim{}
	l.accountPrefix = account + "-"
	l.ownPrefix = fmt.Sprintf("%s%016x-", l.accountPrefix, state.Hash(header.Salt))
	l.created = header.Created
	l.name = fmt.Sprintf("%s%d", l.ownPrefix, time.Now().UnixNano())
	l.expire()
}

// Begin creates the file of this run.
func (l *Ledger) Begin() {
	if l.disk == nil {
		return
	}
	f, err := l.disk.Append(l.name)
	if err != nil {
		l.disable(err)
		return
	}
	l.file = f
}

// Close closes the file. Claims are not written any more.
func (l *Ledger) Close() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.file != nil {
		l.file.Close()
		l.file = nil
	}
}

// disable warns of an error and does without the ledger from then on.
func (l *Ledger) disable(err error) {
	l.log.Warn("the tasks of this batch are not kept from adoption by others of this account",
		"cause", err)
	l.disk, l.file = nil, nil
}

// expire removes files that were last written before anything that a list still shows.
func (l *Ledger) expire() {
	for f, err := range l.disk.Sizes(".") {
		if err != nil {
			l.disable(err)
			return
		}
		if time.Since(f.Modified) > 2*claimLifetime {
			l.disk.Remove(f.Name) // an error leaves a small file
		}
	}
}

// append writes a claim.
func (l *Ledger) append(task string, at time.Time, kind byte) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.file == nil {
		return
	}
	if _, err := fmt.Fprintf(l.file, claimFormat, state.Hash(task), max(0, at.Unix()),
		kind); err != nil {
		l.disable(err)
	}
}

// refresh reads what the files of the account have got since it was last called; l.mu is held.
func (l *Ledger) refresh() {
	if l.disk == nil {
		return
	}
	for name, err := range l.disk.List(".") {
		if err == nil && strings.HasPrefix(name, l.accountPrefix) {
			err = l.readNew(name)
		}
		if err != nil {
			l.disable(err)
			return
		}
	}
}

// readNew reads the new whole lines of a file. A line that is being written is left for the next
// call.
func (l *Ledger) readNew(name string) error {
	f, err := l.disk.Open(name)
	if err != nil {
		return err
	}
	defer f.Close()
	b, err := io.ReadAll(io.NewSectionReader(f, l.offsets[name], 1<<30))
	if err != nil {
		return err
	}
	if l.claims[name] == nil {
		l.claims[name] = map[uint64]claim{}
	}
	for ; len(b) >= claimLength; b = b[claimLength:] {
		l.offsets[name] += int64(claimLength)
		hash, notHash := strconv.ParseUint(string(b[:16]), 16, 64)
		at, notTime := strconv.ParseInt(string(b[17:27]), 10, 64)
		if notHash == nil && notTime == nil {
			l.claims[name][hash] = claim{time.Unix(at, 0), b[28]}
		}
	}
	return nil
}

// claimsOfOthers returns which kind of claim other batches of the account have on rows of the
// list, for those that they have one on. A claim that is older than the state file does not
// count: it may be of this batch, whose earlier state file was lost.
func (l *Ledger) claimsOfOthers(rows map[string]client.TaskInfo) map[string]byte {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.refresh()
	if l.disk == nil {
		return nil
	}
	kinds := map[string]byte{}
	for id := range rows {
		hash := state.Hash(id)
		for name, claims := range l.claims {
			c, claimed := claims[hash]
			foreign := claimed && c.kind != claimReleased && !strings.HasPrefix(name, l.ownPrefix)
			if foreign && c.at.After(l.created) && kinds[id] != claimAnswered {
				kinds[id] = c.kind
			}
		}
	}
	return kinds
}

// agrees reports whether the ledger knows this batch and, within claimLifetime, no task that is
// not among the known ones.
func (l *Ledger) agrees(known map[string]bool, now time.Time) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.refresh()
	if l.disk == nil {
		return false
	}
	hashes := make(map[uint64]bool, len(known))
	for task := range known {
		hashes[state.Hash(task)] = true
	}
	there := false
	for name, claims := range l.claims {
		if !strings.HasPrefix(name, l.ownPrefix) {
			continue
		}
		there = true
		for hash, c := range claims {
			if !hashes[hash] && c.kind != claimReleased && now.Sub(c.at) < claimLifetime {
				return false
			}
		}
	}
	return there
}

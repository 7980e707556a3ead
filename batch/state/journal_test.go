package state

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/qwenbatch/qwenbatch/output/disktest"
	"github.com/qwenbatch/qwenbatch/output/durable"
)

// slowSyncs is a disk whose fsyncs take a while, as real ones do, so that others gather behind one.
type slowSyncs struct {
	durable.Disk
	count *atomic.Int64
}

func (d slowSyncs) Append(name string) (durable.File, error) {
	f, err := d.Disk.Append(name)
	return slowFile{f, d.count}, err
}

type slowFile struct {
	durable.File
	count *atomic.Int64
}

func (f slowFile) Sync() error {
	f.count.Add(1)
	time.Sleep(2 * time.Millisecond)
	return f.File.Sync()
}

// newState is a state with a header, on a disk.
func newState(t testing.TB, disk durable.Disk) *File {
	t.Helper()
	s, _, err := OpenFile(disk)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Create(Header{Created: time.Unix(1e9, 0).UTC()}); err != nil {
		t.Fatal(err)
	}
	return s
}

func recordOf(i int) Record {
	return Record{Key: Key{uint64(i) + 1, 1}.String(), ID: fmt.Sprint("id-", i), Phase: Intent, Sent: Request{Prompt: fmt.Sprint("prompt ", i)}}
}

// TestGroupCommit lets many items write at once: they share fsyncs, and none goes on before its own bytes are durable.
func TestGroupCommit(t *testing.T) {
	const items = 64
	disk, syncs := disktest.New(), new(atomic.Int64)
	s := newState(t, durable.ShareSyncs(slowSyncs{disk, syncs}))
	syncs.Store(0)
	var wg sync.WaitGroup
	for i := range items {
		wg.Go(func() {
			if err := s.Put(recordOf(i), true); err != nil {
				t.Errorf("put = %v", err)
			}
			if b, _ := disk.Durable(FileName); !bytes.Contains(b, []byte(fmt.Sprintf(`"id-%d"`, i))) {
				t.Errorf("item %d went on before its record was durable", i)
			}
		})
	}
	wg.Wait()
	if n := syncs.Load(); n >= items/2 {
		t.Errorf("%d records took %d fsyncs", items, n)
	}
	s.Close()
	if again, _, err := OpenFile(disk); err != nil || len(again.entries) != items {
		t.Errorf("openState = %v", err)
	}
}

const ever = 1 << 30

// TestD5FailedSyncIsNeverTrusted lets one fsync fail: the kernel tells of lost pages once, so that a second one that
// succeeds proves nothing. Nothing is written any more, and who waited behind the failed one is told, too.
func TestD5FailedSyncIsNeverTrusted(t *testing.T) {
	for _, done := range []bool{false, true} {
		disk := disktest.New()
		s := newState(t, disk)
		disk.Decide = disktest.FailAt("sync", FileName, 1, 1, disktest.Verdict{Err: syscall.EIO, Done: done})
		if err := s.Put(recordOf(1), true); !errors.Is(err, syscall.EIO) {
			t.Errorf("put = %v, want EIO", err)
		}
		size := len(content(disk))
		for i := range 3 {
			if err := s.Put(recordOf(2), i == 0); !errors.Is(err, syscall.EIO) {
				t.Errorf("put after a failed fsync = %v, want EIO", err)
			}
		}
		if err := s.journal.sync(); !errors.Is(err, syscall.EIO) {
			t.Errorf("sync after a failed fsync = %v, want EIO", err)
		}
		if len(content(disk)) != size {
			t.Error("something was written after a failed fsync")
		}
	}
}

func content(d *disktest.Disk) []byte {
	b, _ := d.Content(FileName)
	return b
}

// TestD3ReserveIsUsedOnce fills the disk: the reserve makes room for records once, then the error stands.
func TestD3ReserveIsUsedOnce(t *testing.T) {
	for _, full := range []error{syscall.ENOSPC, errQuota} {
		disk := disktest.New()
		s := newState(t, disk)
		if err := s.Reserve(10); err != nil {
			t.Fatal(err)
		}
		room := false
		disk.Decide = func(op disktest.Op) disktest.Verdict {
			room = room || op.Kind == "remove" && op.Name == reserveFile
			if op.Kind == "write" && op.Name == FileName && !room {
				return disktest.Verdict{Err: full, Torn: true}
			}
			return disktest.Verdict{}
		}
		for i := range 50 {
			if err := s.Put(recordOf(i), true); err != nil {
				t.Fatalf("put %d with a reserve = %v", i, err)
			}
		}
		disk.Decide = disktest.FailAt("write", FileName, 1, ever, disktest.Verdict{Err: full, Torn: true})
		if err := s.Put(recordOf(50), true); !errors.Is(err, full) {
			t.Errorf("put without a reserve = %v, want %v", err, full)
		}
		disk.Decide = nil
		if err := s.Put(recordOf(51), true); err != nil {
			t.Errorf("put when there is room again = %v", err)
		}
		s.Close()
		if again, _, err := OpenFile(disk); err != nil || len(again.entries) != 51 {
			t.Errorf("openState = %v", err)
		}
	}
}

// TestD6ShortWriteIsCutBack lets writes end half-way, with and without an error: the file is cut back to its last whole
// line and the next record follows it.
func TestD6ShortWriteIsCutBack(t *testing.T) {
	for _, cause := range []error{syscall.EIO, syscall.EINTR, io.ErrShortWrite, syscall.EFBIG} {
		disk := disktest.New()
		s := newState(t, disk)
		before := content(disk)
		disk.Decide = disktest.FailAt("write", FileName, 1, 1, disktest.Verdict{Err: cause, Torn: true})
		if err := s.Put(recordOf(1), true); !errors.Is(err, cause) {
			t.Errorf("put = %v, want %v", err, cause)
		}
		if !bytes.Equal(content(disk), before) {
			t.Errorf("%v: a half record is left", cause)
		}
		if err := s.Put(recordOf(2), true); err != nil {
			t.Errorf("put after %v = %v", cause, err)
		}
		s.Close()
		if again, _, err := OpenFile(disk); err != nil || len(again.entries) != 1 {
			t.Errorf("openState = %v", err)
		}
	}
}

// TestD6NotCutBackIsBroken lets the cutting fail, too: nothing is written behind half a record.
func TestD6NotCutBackIsBroken(t *testing.T) {
	disk := disktest.New()
	s := newState(t, disk)
	disk.Decide = func(op disktest.Op) disktest.Verdict {
		if op.Name == FileName && (op.Kind == "write" || op.Kind == "truncate") {
			return disktest.Verdict{Err: syscall.EIO, Torn: true}
		}
		return disktest.Verdict{}
	}
	s.Put(recordOf(1), true)
	disk.Decide = nil
	size := len(content(disk))
	if err := s.Put(recordOf(2), true); !errors.Is(err, syscall.EIO) || len(content(disk)) != size {
		t.Errorf("put behind half a record = %v, %d bytes more, want EIO and none", err, len(content(disk))-size)
	}
	s.Close()
	if again, _, err := OpenFile(disk); err != nil || len(again.entries) != 0 {
		t.Errorf("openState = %v", err)
	}
}

package state

import (
	"errors"
	"strconv"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/qwenbatch/qwenbatch/output/disktest"
	"github.com/qwenbatch/qwenbatch/output/durable"
)

// TestGroupBeginsAfterEachCall lets many share something slow: each call gets a turn that began after it, and few are
// enough for all.
func TestGroupBeginsAfterEachCall(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var calls, turns atomic.Int64
		var seen atomic.Int64 // calls that the last turn has seen at its beginning
		g := newGroup(func() error {
			before := calls.Load()
			time.Sleep(3 * time.Millisecond)
			turns.Add(1)
			seen.Store(before)
			return nil
		})
		var wg sync.WaitGroup
		for i := range 100 {
			wg.Go(func() {
				time.Sleep(time.Duration(i) * time.Millisecond / 4)
				mine := calls.Add(1)
				if err := g.share(); err != nil || seen.Load() < mine {
					t.Errorf("call %d: %v after a turn that began after call %d", mine, err, seen.Load())
				}
			})
		}
		wg.Wait()
		if n := turns.Load(); n < 2 || n > 12 {
			t.Errorf("100 calls within 25 ms took %d turns of 3 ms, want no more than wait for each other", n)
		}
	})
}

// TestGroupTellsAllOfFailure lets a turn fail, and one panic: all that shared it learn of it, nobody else.
func TestGroupTellsAllOfFailure(t *testing.T) {
	for _, panics := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			fails := true
			g := newGroup(func() error {
				switch {
				case !fails:
					return nil
				case panics:
					panic("no disk")
				}
				return syscall.EIO
			})
			var wg sync.WaitGroup
			g.turn <- struct{}{} // so that all come into one round
			for range 5 {
				wg.Go(func() {
					err := errors.New("it panicked")
					func() {
						defer func() { _ = recover() }()
						err = g.share()
					}()
					if err == nil || !panics && !errors.Is(err, syscall.EIO) {
						t.Errorf("share = %v in a turn that failed", err)
					}
				})
			}
			synctest.Wait()
			<-g.turn
			wg.Wait()
			fails = false
			if err := g.share(); err != nil {
				t.Errorf("share = %v after a turn of others has failed", err)
			}
		})
	}
}

// slowFolders is a disk whose folders take a while to sync.
type slowFolders struct {
	durable.Disk
	count atomic.Int64
}

func (d *slowFolders) SyncDir(name string) error {
	d.count.Add(1)
	time.Sleep(2 * time.Millisecond)
	return d.Disk.SyncDir(name)
}

// TestSharedFolderSync puts many pictures in place at once: they share the fsyncs of their folder, each folder has its
// own, and none goes on before its own name is durable.
func TestSharedFolderSync(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		inner := disktest.New()
		slow := &slowFolders{Disk: inner}
		disk := ShareSyncs(slow)
		inner.Mkdir("images")
		inner.Mkdir("other")
		inner.SyncDir(".")
		var wg sync.WaitGroup
		for i := range 40 {
			wg.Go(func() {
				folder := []string{"images", "other"}[i%2]
				if _, err := durable.Put(disk, folder, strconv.Itoa(i)+".png", []byte("x")); err != nil {
					t.Error(err)
				}
				if err := disk.SyncDir(folder); err != nil {
					t.Error(err)
				}
				if _, durable := inner.Durable(folder + "/" + strconv.Itoa(i) + ".png"); !durable {
					t.Errorf("picture %d went on before its name was durable", i)
				}
			})
		}
		wg.Wait()
		if n := slow.count.Load(); n < 2 || n > 10 {
			t.Errorf("40 pictures in two folders took %d fsyncs of folders", n)
		}
	})
}

// TestFolderSyncFailsForGood has an fsync of a folder fail once, as kernels do: they tell of a lost page once and forget it. A
// later one that ends well proves nothing of the names that were there.
func TestFolderSyncFailsForGood(t *testing.T) {
	inner, fails := disktest.New(), true
	inner.Mkdir("images")
	inner.Decide = func(op disktest.Op) disktest.Verdict {
		if op.Kind == "syncdir" && op.Name == "images" && fails {
			fails = false
			return disktest.Verdict{Err: syscall.EIO}
		}
		return disktest.Verdict{}
	}
	disk := ShareSyncs(inner)
	for range 3 {
		if err := disk.SyncDir("images"); !errors.Is(err, syscall.EIO) {
			t.Errorf("SyncDir = %v, want the first error", err)
		}
	}
	if err := disk.SyncDir("."); err != nil {
		t.Errorf("SyncDir of another folder = %v", err)
	}
}

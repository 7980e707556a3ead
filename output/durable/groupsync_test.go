package durable_test

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

// A folderDisk syncs folders by a function.
type folderDisk struct {
	durable.Disk
	sync func() error
}

func (d folderDisk) SyncDir(string) error { return d.sync() }

// TestSyncBeginsAfterEachCall lets many share something slow: each call gets a sync that began after it, and few are
// enough for all.
func TestSyncBeginsAfterEachCall(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var calls, syncs atomic.Int64
		var seen atomic.Int64 // calls that the last sync has seen at its beginning
		disk := durable.ShareSyncs(folderDisk{sync: func() error {
			before := calls.Load()
			time.Sleep(3 * time.Millisecond)
			syncs.Add(1)
			seen.Store(before)
			return nil
		}})
		var wg sync.WaitGroup
		for i := range 100 {
			wg.Go(func() {
				time.Sleep(time.Duration(i) * time.Millisecond / 4)
				mine := calls.Add(1)
				if err := disk.SyncDir("."); err != nil || seen.Load() < mine {
					t.Errorf("call %d: %v after a sync that began after call %d", mine, err, seen.Load())
				}
			})
		}
		wg.Wait()
		if n := syncs.Load(); n < 2 || n > 12 {
			t.Errorf("100 calls within 25 ms took %d syncs of 3 ms, want no more than wait for each other", n)
		}
	})
}

// TestSyncThatPanics has a sync panic: the others get one of their own, or an error, and none waits for good.
func TestSyncThatPanics(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var syncs, panics atomic.Int64
		disk := durable.ShareSyncs(folderDisk{sync: func() error {
			if syncs.Add(1) == 1 {
				panic("no disk")
			}
			return nil
		}})
		var wg sync.WaitGroup
		for range 5 {
			wg.Go(func() {
				defer func() {
					if recover() != nil {
						panics.Add(1)
					}
				}()
				if err := disk.SyncDir("."); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		if panics.Load() != 1 || syncs.Load() != 2 {
			t.Errorf("%d calls have panicked, and %d syncs were made, want 1 and 2", panics.Load(), syncs.Load())
		}
	})
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
		disk := durable.ShareSyncs(slow)
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
	disk := durable.ShareSyncs(inner)
	for range 3 {
		if err := disk.SyncDir("images"); !errors.Is(err, syscall.EIO) {
			t.Errorf("SyncDir = %v, want the first error", err)
		}
	}
	if err := disk.SyncDir("."); err != nil {
		t.Errorf("SyncDir of another folder = %v", err)
	}
}

// TestFileSyncFailsForGood has an fsync of a file fail once while five share it: all of them hear of it, and so do later ones.
func TestFileSyncFailsForGood(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		inner := disktest.New()
		inner.Decide = disktest.FailAt("sync", "a", 1, 1, disktest.Verdict{Err: syscall.EIO})
		f, err := durable.ShareSyncs(inner).Append("a")
		if err != nil {
			t.Fatal(err)
		}
		var wg sync.WaitGroup
		for range 5 {
			wg.Go(func() {
				if err := f.Sync(); !errors.Is(err, syscall.EIO) {
					t.Errorf("Sync = %v, want EIO", err)
				}
			})
		}
		wg.Wait()
		if err := f.Sync(); !errors.Is(err, syscall.EIO) {
			t.Errorf("Sync after a failed one = %v, want EIO", err)
		}
	})
}

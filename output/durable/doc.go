// Package durable keeps the files of an output folder whole: whenever the process or the
// machine stops, a name in the folder holds a complete file or does not exist.
//
// # Publishing
//
// [Publish] puts a picture under a name that is free. Its steps, and what a crash after each
// leaves:
//
//  1. A part, ".NAME-xxxxxxxx.part", is created beside the final name: an empty part.
//  2. The bytes are written: after a kill a part that holds some of them or all; after a power cut
//     one that holds any beginning of them.
//  3. The part is synced: a whole part, from here on also after a power cut.
//  4. The part is renamed to the first free name: after a kill the picture; after a power cut the
//     picture or the whole part.
//  5. The folder is synced: the picture.
//
// [Put] leaves step 5 to the caller, so that pictures which arrive together share one sync; see
// [ShareSyncs].
// [Replace] takes the same steps with a name that is taken: until step 4 the name holds the old
// report, then the new one. The next run finds parts with [Leftovers]; a part that proves to be
// whole is given its name by [Finish], without a download. [ReplaceUnsynced] skips steps 3 and
// 5, for files that can be made again.
//
// A sync that fails is not tried again: the kernel reports a lost write once, so a second sync
// that succeeds proves nothing. The part is removed, and the caller publishes the bytes anew.
//
// # The folder
//
// A [Disk] is the folder as the rest of the program sees it. [Dir] is the real one, confined by
// [os.Root]: no name and no link leads out of it. Package disktest has one in memory which
// loses what was not synced. Operations fail with *fs.PathError or *os.LinkError, which name
// the file as the caller did; errors.Is finds the cause, such as fs.ErrExist, fs.ErrNotExist or
// syscall.ENOSPC. Errors of this package are [ErrLocked], [ErrNoLocks], [ErrMoved] and
// [ErrNoDirSync].
//
// The methods of a Dir may be called from many goroutines. Its mutex guards the map of open
// subfolders and nothing else; files belong to the goroutine that opened them.
//
// # Locks
//
// [LockFolder] keeps other processes out of a folder for one run: it locks a file in the folder,
// the folder, and its path. [Disk] locks single files.
//
// # Left to the caller
//
// Two calls that publish at the same time must be given different names, except to
// [Dir.PublishShared]: a rename replaces, and no portable call refuses to. Leftovers, Finish
// and the removal of parts require that no other process publishes, which [Disk.Lock] ensures.
// The package does not choose names, look into files, or record what it has written.
package durable

// Package state keeps the state file of a batch: what is known of every item, so that a run
// which stops anywhere is finished by the next one without paying twice.
//
// # What is stored
//
// state.jsonl is a journal of JSON lines, appended to and never changed in place. Each line
// starts with its sequence number and ends with the CRC-32C of all bytes before the checksum:
//
//	{"seq":7,"entry":"0f3a…","key":"0f3a…","phase":"open","task_id":"…",…,"sum":"89abcdef"}
//
// There are three kinds: a [Header] (the first line; a later one replaces it), a [Record] for
// each change of an item, and a [Mark] where a run starts or stops. A record holds all that is
// known of its item, so the last one of a key counts, and the state is a fold of the lines.
// [File] is that fold: one [Entry] of 80 bytes an item in memory, with the place of its last
// line; the records stay on disk and are read by [File.Get]. The line of a record begins with its
// entry, 64 bytes in hexadecimal digits, so that a file is opened without decoding a million
// records; all else is written and read by encoding/json. Lines without an entry, which the first
// versions wrote, are decoded.
//
// Members may be added to the format and never renamed; compaction and [File.Amend] keep the
// members that this version does not know.
//
// A [Key] is given to an item when it is first seen and kept for good. [File.Match] finds the
// items of a manifest again by id and [Fingerprint], never by row number.
//
// # The order in which things become durable
//
// The package offers the steps; batch takes them in this order:
//
//  1. [File.Create] syncs the header and the folder. A crash leaves no file, an empty file or a
//     torn header; nothing was sent, and the next run creates the file again.
//  2. [File.Mark] "start" is durable before the first submission. A last line other than a stop
//     mark tells the next run that this one crashed.
//  3. [File.Put] of phase [Intent] is durable before the request is sent. A crash after it leaves
//     a submission in doubt, which is looked up in the task list and never sent again blindly.
//  4. Put of phase [Open] records the task id. A crash before it is durable is the case above.
//  5. The picture is published, durably, and then Put of phase [Done] names it. A crash between
//     the two leaves a picture whose identity says what it is.
//  6. [File.Mark] "stop", then [File.Compact]: a new file with a line an item is written, synced,
//     locked and renamed over the old one. A crash leaves the old file or the new one, whole.
//
// # Faults
//
//   - A torn last line, without its newline, is cut off and kept in state.torn. One that is
//     complete but for its newline is kept, since its checksum fits.
//   - Any other line whose checksum or number does not fit is a [DamageError], and nothing is
//     written. [Salvage] writes the file anew from the whole lines, and keeps the damaged file.
//   - A write that fails is cut back to the last whole line. On a full disk the reserve file,
//     put aside by [File.Reserve], is removed once to make room. A failed fsync, or a cut that
//     fails, breaks the journal for good: the kernel forgets lost pages once it has reported them.
//   - A state file that was moved, deleted or replaced while a run writes it is found by
//     [File.Astray]. The run still has all records, and Compact puts the file back.
//
// # Owners and locks
//
// One process writes: [durable.LockFolder] locks the folder and its path, and [OpenFile] the
// state file itself, until [File.Close]. [ReadSettings] reads without a lock. In the process, several
// goroutines may use a File, except for what begins and ends a run: OpenFile, Create, Reserve,
// Undisturbed, Compact and Close have it to themselves. File.mu guards the fold and is taken
// before journal.mu, which guards the end of the journal. An fsync of the journal holds neither;
// [durable.ShareSyncs] lets goroutines that need one at the same time share it.
//
// # What it does not do
//
// The package sends nothing, decides nothing about money and starts no goroutine. It does not
// choose an item's next phase, publish pictures or read manifests.
package state

// Package batch is the engine: it takes the items of a manifest to pictures on disk, remembers in
// a state file what happened to each of them, and goes on where it was stopped, however that was.
//
// It promises that no picture is paid twice and that none that is paid is lost. The service has no
// idempotency key, so what cannot be known of a submission is held and shown, and never guessed.
//
// # The life of an item
//
// One goroutine is one item, and [lifecycle] (item.go) moves its record through these phases:
//
//	ready → intent → open → done | failed | held
//
// Failed cost nothing. Held may have been paid for, and waits for a person or for a later look at
// the task list. Errors of an item are in its record; a step returns an error only where going on
// is pointless for all, and errLeave where the item stays as it is for the next run.
//
// What is made durable, in this order, and what a crash after each step leaves:
//
//	intent (fsync)            the item is in doubt: it is sent again only once the list has proved
//	                          that there is no task of it (settle.go, package settle)
//	POST                      the same; the list has the task
//	task id (group commit)    the task, which the next run asks after
//	part of a picture (fsync) the task; the part says itself whose it is, and is given its name
//	rename, fsync of folder   the task; the picture is found in its place and not fetched again
//	done (fsync)              nothing is left to do
//
// A picture that is bought again goes to images/replaced right before the intent; a crash between
// the two leaves a done item whose picture is missing, which is fetched again or shown as missing.
// Over the synchronous interface there is no task: what is on its way in a crash is paid and lost,
// and the item is held.
//
// # A run
//
// [Batch.Run] (run.go) makes the parts of a run and gives each what it uses. A preflight proves
// that folder, service and account are there, opens the state file and makes folder, records and
// --redo agree. Then a pass does three things at once: it goes on with what earlier runs have
// left, it sweeps the task list for what the state file may have lost, and it has one producer
// for each model, which starts items in the order of the manifest. No submission goes out before
// the sweep has ended. At the end a mark says that the stop was clean, and the state file is
// compacted.
//
// # Who owns and locks what
//
// A job (its record, its slot in the window of its model, its doubt) belongs to the goroutine that
// works on it. A [Batch] belongs to the caller, but for Progress; a run writes its matches between
// passes only. Submissions with the same model and prompt go one at a time, under a keyed lock,
// which one in doubt holds until its settling time is over: so the list can tell them apart.
// Whoever waits for that lock holds no slot, and the slot in memory is acquired before the one in
// flight: so no job waits for a slot whose holder waits for that job. State file, windows,
// downloads, claims, stop conditions and counts have a mutex of their own each and are safe for
// concurrent use. Where one is held while another is acquired, the order is: downloads, stop
// conditions, then windows and counts; the sink of saved pictures, which is called under that of
// counts, does not block.
//
// This package reads no flags and prints nothing, it does not decide what the list proves (settle,
// tasklist), when to ask (poll), how fast to send (pace), when to stop (halt), or how pictures
// come to the disk and what they are called (download, pictures), and writes no report (report).
package batch

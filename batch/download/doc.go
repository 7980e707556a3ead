// Package download fetches the pictures of tasks that have succeeded: in which order, how many
// at once, how often, and what becomes of a run whose picture host gives none out.
//
// Such pictures are paid for, and the service keeps them for a day ([client.TaskLifetime]). So
// a picture that cannot be had now is a matter of time: its item stays open, and this run or a
// later one tries again. Only after that day is it given up ([ErrExpired]).
//
// # A task
//
// A [Fetch] downloads the pictures of one task. Each is tried until its bytes are whole, with
// growing pauses, and after each failure the task is asked for the URL again, which is valid
// for a limited time. Bytes that come damaged in the same way three times are what the service
// has, and are taken. A [Saver] puts them in place. In this order things become durable:
//
//	why a picture has not come yet, and what the task cost (record, no fsync of its own)
//	→ part file (fsync) → rename → fsync of the folder → done (the caller's record, fsync)
//
// A crash before a part is whole leaves the open task, which is asked again. From then on the
// texts in the picture tell whose it is: the next run gives a whole part its name and downloads
// no picture again that is in place ([pictures.Found]). A crash may lose the note of a failure:
// the next run finds an open task all the same.
//
// # Order
//
// A [Queue] starts the downloads:
//
//   - [MaxParallel] at a time, which bounds the pictures in memory. The array of a saved
//     picture goes to the next download.
//   - The task that expires first goes first.
//   - Nothing is bought ([Queue.WaitToBuy]) while the queue may not be worked off in time: the
//     time that its downloads take is more than half of what is left to the first expiry.
//
// # The host
//
// All pictures lie on one host, whatever their model. It may be closed to this machine while
// the API is not: by a firewall, by a proxy that denies it, by a resolver that sends its name
// elsewhere. The queue is its circuit breaker:
//
//   - When the pictures of three tasks were tried in vain and none has arrived since, the host
//     counts as refusing. Then nothing is bought, and one picture at a time is tried, in
//     growing pauses; the first that arrives lets all others through.
//   - A run that follows one which ended so begins with the host refusing ([Queue.Suspect]).
//   - When nothing but such pictures is left to do and nothing has happened for ten minutes,
//     the queue is closed ([Queue.Closed]), and the run ends. Where the host is to blame it
//     ends with a [HostError]; where a few pictures do not come and others did, with their
//     items open.
//
// # Locks
//
// One mutex guards a queue and what it knows of the host. The function that [NewQueue] is given
// is called under it. No lock is held while anything is sent, read or written, except that of a
// picture's name while its file is ([pictures.Folder]). The goroutine of an item owns its record
// and its Fetch.
package download

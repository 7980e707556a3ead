// Package download fetches the pictures of tasks that have succeeded: in which order, how many
// at once, and what becomes of a run whose picture host gives none out.
//
// Such pictures are paid for. The service keeps a task for a day ([client.TaskLifetime]), so
// a picture that cannot be fetched now is a matter of time: its item stays open, and this run
// or a later one tries again. Nothing is given up because of a failed download.
//
// A [Queue] starts the downloads:
//
//   - [MaxParallel] at a time, which bounds the pictures in memory. The array of a saved
//     picture goes to the next download.
//   - The task that expires first goes first.
//   - Nothing is bought ([Queue.WaitToBuy]) while the queue may not be worked off in time: the
//     time that its downloads take is more than half of what is left to the first expiry.
//
// All pictures lie on one host, whatever their model. It may be closed to this machine while
// the API is not: by a firewall, by a proxy that denies it, by a resolver that sends its name
// elsewhere. The queue is its circuit breaker:
//
//   - When the pictures of three tasks were tried in vain and none has come since, the host
//     counts as refusing. Then nothing is bought, and one picture at a time is tried, in
//     growing pauses; the first that comes lets all others through.
//   - A run that follows one which ended so begins with the host refusing ([Queue.Suspect]).
//   - When nothing but such pictures is left to do and none has come for ten minutes, the queue
//     is closed ([Queue.Closed]) and the run ends. Where the host is to blame it ends with a
//     [HostError]; where one or two pictures do not come and others do, with their items open.
//
// One mutex guards a queue and what it knows of the host. The function that is given to
// [NewQueue] is called under it. The package writes no file.
package download

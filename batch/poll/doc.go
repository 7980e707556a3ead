// Package poll decides when to ask the service for a task that is open there.
//
// A question costs one of 20 a second that the whole account has (TASK, 2026-11), so a task is asked when it is likely to have
// ended; see askAt for the moments.
//
// The service works on so many tasks of a model at once and lets the others wait, first come, first served. So when one ends
// the next has begun, and one that waits behind others is not asked at all. How many run at once is learned, not believed: it
// is how many ran when one that had waited began. Until one is seen to wait, none is believed to.
//
// With many in flight one page of the account's task list tells of a hundred. The list only says when to ask: what it omits,
// or tells too late, is asked directly as if there were no list. It is read without filters and from its first page, since
// newest first is the order that was seen; where it shows none of those that were looked for, or is not to be had, it is left
// alone for a while.
//
// All moments in here are of the local clock. Of the service's times only differences are used, and what it says to end in the
// local future has ended now: so a service whose clock is wrong, or which runs faster than is thought, is soon understood.
//
// A [Watcher] is safe for concurrent use. It asks nothing itself but for pages of the list, and what it learns of how many
// tasks run at once it tells the model's [pace.Model].
package poll

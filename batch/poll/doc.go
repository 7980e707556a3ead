// Package poll decides when to query the service for an open task.
//
// A query costs one of 20 a second that the whole account has (TASK, 2026-11). One that comes too
// early is vain; one that comes too late leaves a picture lying, keeps a slot of the window and at
// the end of a batch makes the batch longer.
//
// # Schedules
//
// A task is asked at ages that follow from the service times seen of its model, size, number of
// pictures and prompt extension. If a query has a price in time, the ages that minimise price and
// delay over those times follow by dynamic programming (askAt). The price is the highest at which
// the mean delay is an eighth of the service time, within bounds: so the first query comes where
// most tasks have ended. Where a submission or the end of the batch waits for a task, a third of
// that delay is allowed. Where tasks end faster than queries may be sent, each is asked once, when
// nearly all have ended.
//
// # The service's queue
//
// The service runs a limited number of tasks of a model at once and queues the others in order.
// When one ends the next starts, and one that is queued is not asked. The limit is learned: it is
// the number of tasks that ran when one that had waited started. Until a task is seen to wait
// there is none.
//
// # The task list
//
// With many tasks in flight a page of the account's task list tells of a hundred. It is read where
// pages cost fewer queries than the vain ones they save, and only says when to ask: a task that it
// omits, or shows too late, is asked directly. It is read without filters from its first page,
// since newest first is the order that was seen; where it was of no use it is not read for a
// while.
//
// # Clocks and locks
//
// All times are of the local clock. Of the service's times only differences are used, and a task
// that ends in the local future has ended now: so a service whose clock is wrong, or which runs
// faster than thought, is soon understood.
//
// A [Watcher] is safe for concurrent use; one mutex guards all that it knows. It sends no queries
// except for pages of the list, without that mutex, and sizes the windows of the model's
// [pace.Model].
package poll

// Package poll decides when to query the service for an open task.
//
// A query costs one of 20 a second that the whole account has (TASK, 2026-11). One too early is
// vain; one too late leaves a picture lying, and at the end of a batch makes it longer. If a query
// has a price in time, the ages that minimise price and delay over the service times seen follow
// by dynamic programming (askAt). The price is the highest at which the mean delay is an eighth of
// the service time, within bounds: the first query then comes where most tasks have ended.
// Where a submission or the end of the batch waits for a task the delay is a third of that; where
// tasks end faster than queries may be sent, each is asked once, when nearly all have ended.
//
// The service runs a limited number of tasks of a model and queues the others in order. So when
// one ends the next begins, and one in the queue is not asked. The limit is learned: it is how
// many ran when a task that had waited began. Until a task is seen to wait there is none.
//
// With many in flight a page of the account's task list tells of a hundred. It is read where
// pages cost fewer queries than the vain ones they save. It only says when to ask: a task that it
// omits, or tells too late, is asked directly. It is read without filters from its first page,
// since newest first is the order that was seen; where it is of no use it is left alone for a
// while.
//
// All times in this package are of the local clock. Of the service's times only differences are
// used, and a task that ends in the local future has ended now: so a service whose clock is wrong,
// or which runs faster than thought, is soon understood.
//
// A [Watcher] is safe for concurrent use. It sends no queries but for pages of the list, and tells
// the model's [pace.Model] how many tasks run at once.
package poll

// Package pace decides when a request to the service may go, and how many tasks may be open
// there at once.
//
// Quotas hold per account and model (RL, 2026-11), and other programs may use the account, too.
// A run begins with the documented quota; from then on the answers of the service decide.
//
//   - A [Limiter] spaces requests evenly, since the service's growth limit refuses bursts. A
//     refusal for pace (HTTP 429) slows it to 70 %, after a rest of two intervals. It returns
//     quickly to just below the rate that was refused, and rises beyond that ever faster while
//     nothing is refused: where another program uses a share of the quota, about one submission
//     in two hundred is refused; once that program ends, the whole quota is used again. Where a
//     low rate is refused as often as a high one, slowing down gains nothing and is undone.
//   - A [Window] bounds the tasks that are open at the service, at one that waits behind each
//     that runs: then the service never idles while a client learns that a task has ended. More
//     would gain nothing, would be exposed to a crash, and could fill the service's queue of
//     500 (LIM, 2026-11).
//   - A [Breaker] lets one request at a time through while the service gives no answers. The
//     requests that wait use up nothing of the rate.
//
// A [Model] holds all three for submissions to one model. The queries about tasks share one
// Limiter and one Breaker for the account. A [Clock] tells the service's time, and a
// [KeyedMutex] serialises what has the same key.
//
// Every type is safe for concurrent use, except [Slot], [Permit] and [KeyLock], which belong to
// the goroutine that got them. Waiting requests are served in the order in which they came,
// except those for the slots of a Window and the lock of a key, which are served in any order.
// Nothing is held while a request waits but its place in that order. The package knows no item
// and no file, and sends nothing.
package pace

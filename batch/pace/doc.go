// Package pace decides when a request to the service may go, and how many tasks may be open
// there at once.
//
// Quotas hold per account and model (RL, 2026-11), and other programs may use the account, too.
// What is documented is where a run begins; from then on the answers of the service decide.
//
//   - A [Limiter] spaces requests evenly, since a burst is what the service's growth limit
//     refuses. A refusal for pace (HTTP 429) slows it to 70 % and rests it for two intervals.
//     It comes back quickly to just below the rate that was refused, and beyond that ever
//     faster while nothing is: where another program has a share of the quota, about one
//     submission in two hundred is refused, and a quota that is whole again is used again.
//     Where a slower rate is refused as often as a faster one, slowing down gains nothing and
//     is taken back.
//   - A [Window] bounds the tasks that are open at the service: one that waits behind each that
//     runs, so that the service never idles until a client learns that a task has ended. More
//     would gain nothing, would be exposed to a crash, and could fill the service's queue of
//     500 (LIM, 2026-11).
//   - A [Breaker] lets one request at a time through while the service does not answer. The
//     others use up nothing of the rate.
//
// A [Model] holds all three for submissions to one model; the questions about tasks share one
// Limiter and one Breaker for the account. A [Clock] tells the service's time, and a
// [KeyedMutex] serialises what has the same key.
//
// Every type is safe for concurrent use, but for [Slot], [Permit] and [KeyLock], which belong
// to the goroutine that got them. The package knows no item, no file and no request; it sends
// nothing.
package pace

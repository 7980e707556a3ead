// Package client is a Go client of Alibaba's Qwen-Image HTTP API (DashScope, also called Model
// Studio and 百炼).
//
// It submits asynchronous image tasks, queries, lists and cancels them, calls the synchronous
// interface and downloads the pictures.
//
// # Guarantee
//
// One call of [Client.Submit] or [Client.Generate] is at most one POST on the wire, and its
// error says whether that POST can have created anything: what is created is paid for, and the
// API has no idempotency key. [ErrNotSent] and an *[APIError] prove that nothing was created; a
// *[DoubtError] leaves it open. The proof for a connection that broke is the number of bytes
// handed to the network, counted below TLS. See docs/design.md, "Paying once", for what follows
// from each.
//
// # Model
//
// A [Client] has three transports: one for submissions (HTTP/1.1, no reuse of a connection that
// may be stale, no redirects), one for queries, and one for pictures, which carries no key,
// checks every address it dials and bounds the memory of all downloads together. Every answer
// is read whole, with a bound, and then decoded: the table of codes says how far an error
// reaches ([Reach]) and whether a refused submission made something. Texts from outside are
// cleaned before they reach an error. The models, sizes, prices and regions are tables of this
// package.
//
// A Client is safe for concurrent use. It has no goroutine of its own beside those of net/http,
// and its only shared state is connections and the memory of large pictures.
//
// # Limits
//
// It does not retry, pace, poll in a loop or remember anything; package batch does. It knows
// nothing of files.
//
// Facts about the service are from the user's document "qwen-image-api-reference" (2025-09, zh)
// and from the vendor's pages as collected in 2026-11; recorded traffic wins where they differ.
// No claim here was tested against the live service.
package client

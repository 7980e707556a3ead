// Package batch is the engine: it takes the items of a manifest to pictures on disk, remembers
// what happened to each of them in a state file, and goes on where it was stopped, however it
// was stopped.
//
// Its guarantee: a submission is recorded, durably, before it is sent, and one that may have
// been paid for is never sent again without proof that it was not (see item.go and settle.go).
// What it cannot know, because the service has no idempotency key, it holds and shows.
//
// It reads no flags and prints nothing; package cli does.
package batch

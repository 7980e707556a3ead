// Package emulator serves Alibaba's Qwen-Image HTTP API in process: for rehearsals that cost
// nothing, for tests, and for other people's clients.
//
// It keeps books: which pictures were charged for, how often each task was queried, what was
// refused, and which calls a correct client never makes. It is strict where the real service is
// strict, and tolerant where real clients are known to send odd things.
//
// # Model
//
// A [Server] is two [http.Handler] values, the API and the host of the pictures, over a
// simulated account. It has no goroutine, socket or timer of its own: each call first brings
// the account up to date, so that a Server also runs inside a testing/synctest bubble over the
// in-memory connections of [Server.ServeInProcess].
//
// A call passes these steps: its body is read; it gets its number; [Options.Fault] says what
// goes wrong with it; it is decided at one moment of the emulator's time; what it changed is
// written to the books; the answer is sent, possibly later and possibly spoilt by the fault. A
// process that is killed after the books are written continues with a task that its client has
// not heard of, as the real service would.
//
// Everything random is drawn from [Options.Seed] and the number of the thing it is drawn for.
// The same calls in the same order at the same times get the same answers.
//
// # Locks
//
// Server.mu guards the account, the books and the keys. It is held while a call is numbered and
// while it is decided, never while waiting, drawing or sending. A call belongs to the goroutine
// that serves it.
//
// # Limits
//
// It does not look at pictures that are sent to it (edit models draw from the prompt alone),
// does not stream, and sends no callbacks. It imports nothing of the client: its wire structs
// are its own, so that a wrong name on one side fails a test.
//
// The contract is docs/api.md and docs/wire.md of this project. A comment that states a fact
// names its source there by tag (RL, QI, TASK, CN and so on) and date; [I] marks a fact without
// a source.
package emulator

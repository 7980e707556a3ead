// Package tasklist says what the account's task list proves of submissions that were not
// answered.
//
// The service has no idempotency key, so its list of the tasks of the last 24 h is the only
// witness. The list may be capped, may lag, may omit rows for good, and tells times by a clock of
// its own, whose zone is not documented. So:
//
//   - A [Reader] asks about single tasks, and makes passes over all pages of the list, which
//     all doubts of a run share. A pass is whole if no row can have slipped between two pages
//     and if it shows again what earlier passes have shown. A [Health] counts how passes end,
//     and says when more of them will not help.
//   - [OwnTasks] are the tasks that records of the batch name. Those of them that a pass shows or
//     omits make [Evidence]: by how much the list's times differ from ours, and whether a task
//     that was submitted at some time would be among the rows. The absence of a task is a proof
//     only where each task of ours is shown that was made from a little before the doubt on.
//   - [Doubts] say when a submission can have made a task: between its intent and its end, with
//     a margin. A task of that time may be adopted. One that was made later, but not later than
//     a settling time (how long a submission may take to show in the list) after the service
//     was heard again, is neither adopted nor ignored. One that is later still is another's. Of
//     several doubts about the same prompt none knows which task is its own, so each may take
//     what any of them can have made.
//   - [Claims] are the tasks that have an item; none is adopted twice. A [Ledger] in the user's
//     cache folder tells of the claims of the user's other batches.
//
// Every type is safe for concurrent use, except Health. The mutex of Claims is held while the
// ledger is used, and that of OwnTasks while the doubts are; both, and the ledger's, are held
// while files are read or written. None is held while anything is sent: the goroutine that makes a
// pass holds the token of the Reader.
//
// The package sends only queries, within the account's budget, and writes only the ledger: a claim
// is in it before the state file names the task. It decides nothing about a doubt: that is done by
// packages settle and batch.
package tasklist

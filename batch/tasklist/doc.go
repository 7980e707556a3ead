// Package tasklist says what the account's task list proves of submissions that were not
// answered.
//
// The service has no idempotency key, so its list of the tasks of the last 24 h is the only
// witness. It may be capped, may lag, may leave rows out for good, and tells times by a clock
// of its own whose zone is not documented. So:
//
//   - A [Reader] makes passes over all of its pages, for all that are in doubt at the same
//     time. A pass is whole if no row can have slipped between two pages and it shows again
//     what earlier passes have shown. [Health] counts how passes end and says when more of them
//     will not help.
//   - [OwnTasks] are the tasks that records of the batch know. By those that a pass shows, and
//     those that it does not, they make [Evidence]: whether a task that was submitted at some
//     time would be among the rows, and what the list's times differ by. Silence counts only
//     where every task of ours is shown that was made from a little before the doubt on.
//   - [Doubts] say when a submission can have made a task: from its intent to its end, and a
//     margin. That bounds what may be adopted. What was made between that and the moment when
//     the service's clock was first heard again, and a settling time, is neither adopted nor
//     ignored; what is later is another's. Of several doubts with the same prompt none knows
//     which task is its own, so each may take what any of them can have made.
//   - [Claims] are the tasks that have an item; none is adopted twice. A [Ledger] in the user's
//     cache folder tells of the claims of this user's other batches.
//
// All types are safe for concurrent use, but for Health. The package sends nothing but
// questions for pages, within the account's budget of queries, and writes nothing but the
// ledger. What is to be done about a doubt is decided by package batch.
package tasklist

// Package halt says when a run submits nothing more, to a model or to any.
//
// Three things stop submissions: a limit of the run's own (items, money, failures, a deadline),
// an answer that concerns a model or the account, and answers that show that the service takes
// nothing for now. Nothing here ends what is open at the service: that is collected all the
// same.
//
// The money is counted before a submission goes out, so that no crash can make a batch cost
// more than its budget: Admit adds the price, and Settled takes back what was not charged once
// that is known. Nothing is written to disk here; what a batch has cost so far is added up anew
// from its state file whenever a run begins.
//
// [Conditions] have one mutex, which guards all of their fields, and which is held while models
// are closed and refusals are shown. They are safe for concurrent use.
package halt

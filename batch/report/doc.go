// Package report writes what people and programs read of a batch: the results as CSV, JSON lines,
// a page and a workbook, JUnit XML, what is handed on (a page with its pictures inside, an
// archive), and the thumbnails that these show.
//
// A report is a function of the manifest, the state file and the pictures that are in place: it
// can be written again at any time, and nothing that is paid depends on it. A [View] reads these
// three and changes none. All reports of one call are written while the rows are read once, so
// that a record is parsed once for all of them.
//
// Each report replaces the older one when it is whole and durable ([durable.ReplaceOrBeside]), one
// after the other; a crash in between leaves some of them old. When all are there, the hidden file
// .reports notes which pictures they call lost or edited, which no time of a file tells. Nothing
// here takes a lock: the folder is the caller's.
package report

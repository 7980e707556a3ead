// Package output brings the pictures and reports of a batch into its output folder.
//
// It promises that a name in that folder never holds a part of a file, that nothing is ever
// overwritten except a report by its successor, and that nothing is written outside of the folder,
// whatever names, links or pictures it is given. A process that dies at any moment leaves at most
// hidden .part files, which [durable.Leftovers] finds.
//
// Thumbnails and reports (CSV, JSON lines, one page of HTML, a workbook) can be made again at any time from
// pictures and rows, and are as good as nothing lost.
//
// It does not fetch pictures, decide which names items get, or remember anything: two calls that
// publish at the same time must be given different names.
package output

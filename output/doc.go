// Package output writes the reports of a batch: CSV and JSON lines for programs, a page of HTML
// and a workbook for people, JUnit XML for CI, and the thumbnails that page and workbook show.
//
// A report is a function of its rows and of what the caller adds to them, so a report that is
// lost can be written again. Each writer takes the rows, one [Result] an item in the order of
// the manifest, as an iterator and writes them as they come; only a workbook holds its
// thumbnails and links in memory, and an annotated one all of itself. An error among the rows
// ends the report and is returned, so that the caller, which writes through durable.Replace,
// keeps the old report.
//
// Cells come from prompts and services and are hostile: CSV cells never start a formula, HTML
// values are data that is never run, and XML and workbooks hold no character that their formats
// forbid. Columns of the manifest that have a name of a report's column are renamed to
// manifest.NAME, in CSV and workbooks; JSON lines keep them apart.
//
// The package keeps no state and takes no locks. It does not decide what became of an item,
// fetch pictures, or put reports in place.
package output

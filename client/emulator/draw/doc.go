// Package draw makes the pictures that the emulator serves, as PNG files.
//
// [Poster] draws a landscape or a pattern with the word REHEARSAL below it, in at most 30 ms and
// 60,000 bytes. [Edit] puts a picture of the caller's into the same frame. [Blank] makes a picture
// of one colour in microseconds, for tests and benchmarks.
// Equal arguments make equal bytes, in every process; different prompts, seeds or texts make
// different bytes.
//
// A poster is drawn on a canvas of at most 256 flat colours and encoded with one filter, which
// keeps both the drawing and the file small. The functions share nothing that changes, except for
// a cache of blank pictures, and may be called from several goroutines.
//
// The package knows nothing of tasks or HTTP, does not check sizes, and decodes nothing.
package draw

//go:build !linux

package durable

// Place implements [Disk]. Here nothing that is at hand tells one boot from the next.
func (d *Dir) Place(string) string { return "" }

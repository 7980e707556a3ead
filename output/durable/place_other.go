//go:build !linux

package durable

// Place implements [Disk]. These systems have no portable identifier of a boot.
func (d *Dir) Place(string) string { return "" }

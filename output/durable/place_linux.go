package durable

import (
	"fmt"
	"os"
	"strings"
	"syscall"
)

// localFileSystems are the file systems that only one machine writes, by their statfs(2) magic
// numbers.
var localFileSystems = map[int64]bool{
	0xef53:     true, // ext2, ext3, ext4
	0x58465342: true, // XFS
	0x9123683e: true, // Btrfs
	0x01021994: true, // tmpfs
	0xf2f52010: true, // F2FS
	0x2fc12fc1: true, // ZFS
	0xca451a4e: true, // bcachefs
	0x794c7630: true, // overlayfs
}

// Place implements [Disk].
func (d *Dir) Place(name string) string {
	boot, err := os.ReadFile("/proc/sys/kernel/random/boot_id")
	if err != nil {
		return ""
	}
	f, err := d.root.Open(name)
	if err != nil {
		return ""
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return ""
	}
	stat, ok := info.Sys().(*syscall.Stat_t)
	if !ok || !info.Mode().IsRegular() || !isLocal(f) {
		return ""
	}
	return fmt.Sprintf("%s %x %d", strings.TrimSpace(string(boot)), stat.Dev, stat.Ino)
}

func isLocal(f *os.File) bool {
	raw, err := f.SyscallConn()
	if err != nil {
		return false
	}
	var fs syscall.Statfs_t
	var failed error
	err = raw.Control(func(fd uintptr) { failed = syscall.Fstatfs(int(fd), &fs) })
	return err == nil && failed == nil && localFileSystems[int64(fs.Type)&0xffffffff]
}

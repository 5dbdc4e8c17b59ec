//go:build unix

package durable

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"syscall"

	"golang.org/x/sys/unix"
)

// writable says why a file must not be written: no permission, a read-only
// file system, the immutable attribute.
func writable(path string) error {
	return unix.Access(path, unix.W_OK)
}

// folderWritable says why no file can be made in the folder of target.
func folderWritable(target string) error {
	if err := unix.Access(filepath.Dir(target), unix.W_OK|unix.X_OK); err != nil {
		return fmt.Errorf("its folder: %w", err)
	}
	return nil
}

// hindrance says why a file cannot be replaced by another; empty where it can,
// as far as that is seen beforehand.
func hindrance(target string, info fs.FileInfo) string {
	st, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return ""
	}
	if mountPoint(target) || onOtherDevice(target, st) {
		return unreplaceable(unix.EBUSY)
	}
	if err := folderWritable(target); err != nil {
		return unreplaceable(err)
	}
	if st.Nlink > 1 {
		return "it has further hard links"
	}
	if os.Geteuid() == 0 {
		return ""
	}
	if int(st.Uid) != os.Geteuid() {
		return "it belongs to another user"
	}
	if groups, err := os.Getgroups(); err == nil && int(st.Gid) != os.Getegid() && !slices.Contains(groups, int(st.Gid)) {
		return "it belongs to a group that you are not in"
	}
	return ""
}

func onOtherDevice(target string, st *syscall.Stat_t) bool {
	info, err := os.Stat(filepath.Dir(target))
	if err != nil {
		return false
	}
	folder, ok := info.Sys().(*syscall.Stat_t)
	return ok && folder.Dev != st.Dev
}

// ours says whether a file belongs to the user of this process.
func ours(info fs.FileInfo) bool {
	st, ok := info.Sys().(*syscall.Stat_t)
	return ok && int(st.Uid) == os.Geteuid()
}

// sameOwner says whether a file has the owner, the group and the number of
// names that it had.
func sameOwner(now, was fs.FileInfo) bool {
	a, ok := now.Sys().(*syscall.Stat_t)
	b, too := was.Sys().(*syscall.Stat_t)
	return ok && too && a.Uid == b.Uid && a.Gid == b.Gid && a.Nlink == b.Nlink
}

// keep gives a new file the owner, the mode and the extended attributes of the
// old one. In this order: a new owner takes set-id bits away, and an access
// list holds the bits of the group.
func keep(f *os.File, target string, info fs.FileInfo) error {
	was, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return &keepError{"its owner", syscall.ENOTSUP}
	}
	made, err := f.Stat()
	if err != nil {
		return err
	}
	if st, ok := made.Sys().(*syscall.Stat_t); !ok || st.Uid != was.Uid || st.Gid != was.Gid {
		if err := f.Chown(int(was.Uid), int(was.Gid)); err != nil {
			return &keepError{"its owner or group", err}
		}
	}
	if err := f.Chmod(info.Mode()); err != nil {
		return &keepError{"its mode", err}
	}
	return keepAttributes(f, target)
}

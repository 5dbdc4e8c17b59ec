package durable

import "golang.org/x/sys/unix"

// mountPoint says whether something is mounted on a file, such as a file of
// the host on one of a container. Kernels before 5.8 do not tell, and refuse
// the rename.
func mountPoint(path string) bool {
	var st unix.Statx_t
	err := unix.Statx(unix.AT_FDCWD, path, unix.AT_SYMLINK_NOFOLLOW, 0, &st)
	return err == nil && st.Attributes&unix.STATX_ATTR_MOUNT_ROOT != 0
}

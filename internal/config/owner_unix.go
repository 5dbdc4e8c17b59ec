//go:build unix

package config

import (
	"io/fs"
	"os"
	"os/user"
	"strconv"
	"syscall"
)

// ownerOf names the user to whom a file belongs, and says whether that is the
// one who runs this.
func ownerOf(info fs.FileInfo) (name string, mine bool) {
	stat, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return "another user", true
	}
	id := strconv.FormatUint(uint64(stat.Uid), 10)
	name = "user " + id
	if u, err := user.LookupId(id); err == nil {
		name = u.Username
	}
	return name, int(stat.Uid) == os.Geteuid()
}

package cmd

import (
	"errors"
	"io/fs"
	"os"
	"os/user"
	"strconv"
)

// hostName is this machine's own name; empty where the system has none.
func hostName() string {
	name, err := os.Hostname()
	if err != nil {
		return ""
	}
	return name
}

// userName is whom a report was made as: what a process may read depends on it.
// A container often has a number that no name belongs to.
func userName(env *Env) string {
	if u, err := user.Current(); err == nil && u.Username != "" {
		return u.Username
	}
	if uid := os.Getuid(); uid >= 0 {
		return "uid " + strconv.Itoa(uid)
	}
	return env.Getenv("USERNAME")
}

// bare drops the path from an error about a file that the text names already.
func bare(err error) error {
	var p *fs.PathError
	if errors.As(err, &p) {
		return p.Err
	}
	return err
}

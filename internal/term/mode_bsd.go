//go:build darwin || dragonfly || freebsd || netbsd || openbsd

package term

import "golang.org/x/sys/unix"

// The requests that read and set a mode at once, without waiting and without
// throwing away what was typed.
const (
	getTermios = unix.TIOCGETA
	setTermios = unix.TIOCSETA
)

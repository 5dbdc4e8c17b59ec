//go:build unix

package term

import (
	"fmt"

	"golang.org/x/sys/unix"
)

// Mode is what a terminal does with what is typed: whether it shows it, waits
// for whole lines, turns keys into signals.
type Mode struct {
	fd    int
	saved unix.Termios
}

// SaveMode remembers the mode of a terminal.
func SaveMode(f any) (*Mode, error) {
	fd, ok := descriptor(f)
	if !ok {
		return nil, errNoTerminal
	}
	saved, err := unix.IoctlGetTermios(fd, getTermios)
	if err != nil {
		return nil, fmt.Errorf("reading the terminal's mode: %w", err)
	}
	return &Mode{fd: fd, saved: *saved}, nil
}

// Restore gives the terminal back as it was saved. What was typed meanwhile is
// kept. Where nothing has changed nothing is done: a process in the background
// would be stopped for it.
func (m *Mode) Restore() error {
	now, err := unix.IoctlGetTermios(m.fd, getTermios)
	if err == nil && *now == m.saved {
		return nil
	}
	return m.set(m.saved)
}

// EchoOff stops the terminal from showing what is typed. It still hands over
// whole lines, and its keys are still signals.
func (m *Mode) EchoOff() error {
	t := m.saved
	t.Lflag &^= unix.ECHO | unix.ECHONL
	t.Lflag |= unix.ICANON | unix.ISIG
	t.Iflag |= unix.ICRNL
	return m.set(t)
}

// KeyByKey makes the terminal hand over every key at once, and show none. Its
// keys are still signals.
func (m *Mode) KeyByKey() error {
	t := m.saved
	t.Lflag &^= unix.ECHO | unix.ECHONL | unix.ICANON
	t.Lflag |= unix.ISIG
	t.Iflag |= unix.ICRNL
	t.Cc[unix.VMIN], t.Cc[unix.VTIME] = 1, 0
	return m.set(t)
}

func (m *Mode) set(t unix.Termios) error {
	if err := unix.IoctlSetTermios(m.fd, setTermios, &t); err != nil {
		return fmt.Errorf("setting the terminal's mode: %w", err)
	}
	return nil
}

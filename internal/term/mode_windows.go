package term

import (
	"errors"
	"fmt"

	"golang.org/x/sys/windows"
)

// Mode is what a console does with what is typed: whether it shows it, waits
// for whole lines, turns keys into signals.
type Mode struct {
	console windows.Handle
	saved   uint32
}

// SaveMode remembers the mode of a console.
func SaveMode(f any) (*Mode, error) {
	fd, ok := descriptor(f)
	if !ok {
		return nil, errNoTerminal
	}
	m := &Mode{console: windows.Handle(fd)}
	if err := windows.GetConsoleMode(m.console, &m.saved); err != nil {
		return nil, fmt.Errorf("reading the console's mode: %w", err)
	}
	return m, nil
}

// Restore gives the console back as it was saved.
func (m *Mode) Restore() error { return m.set(m.saved) }

// EchoOff stops the console from showing what is typed. It still hands over
// whole lines, and its keys are still signals.
func (m *Mode) EchoOff() error {
	return m.set(m.saved&^windows.ENABLE_ECHO_INPUT | windows.ENABLE_LINE_INPUT | windows.ENABLE_PROCESSED_INPUT)
}

// KeyByKey is not for consoles: their keys are no bytes.
func (m *Mode) KeyByKey() error { return errors.ErrUnsupported }

func (m *Mode) set(mode uint32) error {
	if err := windows.SetConsoleMode(m.console, mode); err != nil {
		return fmt.Errorf("setting the console's mode: %w", err)
	}
	return nil
}

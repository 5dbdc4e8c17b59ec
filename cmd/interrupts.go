package cmd

import (
	"context"
	"os"
	"os/signal"
	"sync"
	"syscall"
)

// Interrupts decides what signals do that ask for an end. The first cancels the
// context of Main, and from then on the default behaviour is back, so that the
// next one ends the process at once. Where a command holds them, there is one
// more before: it asks for an end in good order, with a report of what was
// seen. The zero value is ready for use; nil interrupts nothing.
type Interrupts struct {
	mu   sync.Mutex
	stop chan struct{} // closed by the next one; nil: that cancels
}

// Context returns a context that the signals cancel, and what gives the signals
// back.
func (i *Interrupts) Context(parent context.Context, signals ...os.Signal) (ctx context.Context, stop func()) {
	ctx, cancel := context.WithCancel(parent)
	caught := make(chan os.Signal, 4)
	signal.Notify(caught, signals...)
	go func() {
		asked := false
		for {
			select {
			case <-ctx.Done():
				return
			case s := <-caught:
				// A terminal that is closed hangs up twice, by the shell and by
				// the system: that is no second request.
				if asked && s == syscall.SIGHUP {
					continue
				}
				if i.take() {
					asked = true
					continue
				}
				signal.Ignore(syscall.SIGHUP)
				signal.Stop(caught)
				cancel()
			}
		}
	}()
	return ctx, func() {
		signal.Stop(caught)
		cancel()
	}
}

// take gives a signal to the command that holds them; false: none does.
func (i *Interrupts) take() bool {
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.stop == nil {
		return false
	}
	close(i.stop)
	i.stop = nil
	return true
}

// hold lets the next signal close a channel, until release is called. asked
// says whether one came.
func (i *Interrupts) hold() (stop <-chan struct{}, release func(), asked func() bool) {
	if i == nil {
		return nil, func() {}, func() bool { return false }
	}
	mine := make(chan struct{})
	i.mu.Lock()
	i.stop = mine
	i.mu.Unlock()
	release = func() {
		i.mu.Lock()
		defer i.mu.Unlock()
		if i.stop == mine {
			i.stop = nil
		}
	}
	asked = func() bool {
		select {
		case <-mine:
			return true
		default:
			return false
		}
	}
	return mine, release, asked
}

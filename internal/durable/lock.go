package durable

import (
	"context"
	"errors"
	"time"
)

const (
	// defaultWait is how long another bbctl may hold the lock: an update takes
	// milliseconds.
	defaultWait = 10 * time.Second
	// lockPoll is how often a lock that is taken is tried again. No system
	// waits for one with a deadline.
	lockPoll = 5 * time.Millisecond
)

// lock locks the folder of a file, so that no lock file is left behind, and so
// that a file that does not exist can be locked.
func lock(ctx context.Context, target string, wait time.Duration) (unlock func(), err error) {
	err = poll(ctx, wait, func() error {
		unlock, err = tryLock(target)
		return err
	})
	return unlock, err
}

// poll tries until try returns another error than ErrLocked.
func poll(ctx context.Context, wait time.Duration, try func() error) error {
	if wait <= 0 {
		wait = defaultWait
	}
	deadline := time.NewTimer(wait)
	defer deadline.Stop()
	tick := time.NewTicker(lockPoll)
	defer tick.Stop()
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		err := try()
		if !errors.Is(err, ErrLocked) {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-deadline.C:
			return err
		case <-tick.C:
		}
	}
}

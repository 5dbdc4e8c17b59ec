//go:build unix

package term

import (
	"context"
	"errors"
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

// wait returns when there is something to read, be it the end, or with the
// cause of the context. Its end closes a pipe of which poll hears.
func wait(ctx context.Context, fd int) error {
	ended, end, err := os.Pipe()
	if err != nil {
		return fmt.Errorf("waiting for input: %w", err)
	}
	defer func() { _ = ended.Close() }() // it was made for this wait alone, as the other end
	defer func() { _ = end.Close() }()
	defer context.AfterFunc(ctx, func() { _ = end.Close() })()
	descriptors := []unix.PollFd{
		{Fd: int32(fd), Events: unix.POLLIN},
		{Fd: int32(ended.Fd()), Events: unix.POLLIN},
	}
	for {
		_, err := unix.Poll(descriptors, -1)
		switch {
		case ctx.Err() != nil:
			return context.Cause(ctx)
		case errors.Is(err, unix.EINTR), errors.Is(err, unix.EAGAIN):
			continue
		case err != nil:
			return fmt.Errorf("waiting for input: %w", err)
		case descriptors[0].Revents&unix.POLLNVAL != 0:
			return errNoWait // as macOS answers for some devices
		case descriptors[0].Revents != 0:
			return nil
		}
	}
}

// ready says whether there is something to read now.
func ready(fd int) bool {
	n, err := unix.Poll([]unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}, 0)
	return err == nil && n > 0
}

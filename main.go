// Command bbctl proves that Sentry monitoring works: it tests it end to end
// and names the cause when events are missing.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/bookedbarber/bbctl/cmd"
)

// version is set by -ldflags "-X main.version=…" (see the Makefile); a build
// without it says so rather than guessing from the checkout.
var version = "dev"

func main() {
	os.Exit(run())
}

// run connects the process to cmd.Main. It is a function of its own so that
// the deferred restoration of signals runs before os.Exit.
func run() int {
	interrupts := &cmd.Interrupts{}
	ctx, stop := interrupts.Context(context.Background(), endings()...)
	defer stop()

	dir, err := os.Getwd()
	if err != nil {
		dir = "." // the folder is gone; commands that need it say so themselves
	}
	return cmd.Main(ctx, os.Args[1:], &cmd.Env{
		In:      os.Stdin,
		Out:     os.Stdout,
		Err:     os.Stderr,
		Environ: os.Environ(),
		Now:     time.Now,
		Dir:     dir,
		Version: version,

		Interrupts: interrupts,
	})
}

// endings are the signals that ask for an end. A terminal that is closed asks
// for one too, except where the hangup was ignored at the start: nohup means
// that the program outlives its terminal.
func endings() []os.Signal {
	signals := []os.Signal{os.Interrupt, syscall.SIGTERM}
	if !signal.Ignored(syscall.SIGHUP) {
		signals = append(signals, syscall.SIGHUP)
	}
	return signals
}

package cmd

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"runtime/debug"
	"strconv"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/bookedbarber/bbctl/internal/dsn"
	"github.com/bookedbarber/bbctl/internal/receiver"
	"github.com/bookedbarber/bbctl/internal/term"
)

type receiveOptions struct {
	*globalOptions

	listen  string
	format  string
	forward bool
}

func newReceiveCmd(g *globalOptions) *cobra.Command {
	o := &receiveOptions{globalOptions: g}
	cmd := &cobra.Command{
		Use:   "receive",
		Short: "A local Sentry for development: shows what arrives",
		Long: `Runs the embedded receiver: prints a DSN to copy into .env, then a line for
every item that arrives, and for every request that is refused, with the reason.
It takes what any SDK sends and answers as Sentry does. Key and project are
always the same, so that a .env keeps working.

--format json prints one object a line: kind "listening" with the DSN first,
then "item" and "refused", "missed" where lines were left out, "ended" with the
counts last. docs/json.md describes the fields.

Ctrl-C and SIGTERM end it, with exit code 0: a server is meant to be stopped.

Reads  nothing; with --forward .env and the process environment.
Writes nothing. What it received is kept in memory until it ends.
Sends  nothing; with --forward every envelope that it accepts to SENTRY_DSN, as
       it is: real data to the real project.`,
		Example: `  bbctl receive
  bbctl receive --listen 127.0.0.1:0 --format json | jq .title
  bbctl receive --forward --env-file deploy/staging.env`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return runReceive(cmd.Context(), o) },
	}
	flags := cmd.Flags()
	flags.StringVar(&o.listen, "listen", receiver.DefaultAddress, "the address `HOST:PORT`; port 0 takes a free one")
	formatFlag(flags, &o.format, "text or json")
	flags.BoolVar(&o.forward, "forward", false, "send every accepted envelope on to SENTRY_DSN")
	return cmd
}

func runReceive(ctx context.Context, o *receiveOptions) error {
	if err := checkPlainFormat(o.format); err != nil {
		return err
	}
	if err := checkListen(o.listen); err != nil {
		return err
	}
	var upstream *dsn.DSN
	if o.forward {
		var err error
		if upstream, err = o.upstream(ctx); err != nil {
			return err
		}
	}
	listener, err := receiver.Listen(ctx, o.listen)
	if err != nil {
		return &hintedError{err: fmt.Errorf("listening on %s: %w", o.listen, plainNetError(err)), hint: "--listen 127.0.0.1:0 takes a free port"}
	}
	address, _ := listener.Addr().(*net.TCPAddr) // Listen makes no other
	if upstream != nil && pointsHere(upstream, address) {
		return errors.Join(&usageError{
			err:  errors.New("SENTRY_DSN is this receiver's own: forwarding would go round"),
			hint: "--env-file names a file with the DSN of the real project",
		}, listener.Close())
	}
	options := receiver.Options{Upstream: upstream, Now: o.env.Now, Log: o.receiveLog()}
	defer limitMemory(options.MemoryLimit())()
	queue := newReceiveQueue()
	options.OnEnvelope = queue.offer
	r := receiver.New(options)
	o.announce(address, upstream)
	return o.serve(ctx, r, listener, queue)
}

// serve prints what comes until the context ends or nobody reads any more. Its
// end by a signal is no failure: a server is meant to be stopped, so that the
// exit code is 0 and not 130, as with other servers and what supervises them.
func (o *receiveOptions) serve(ctx context.Context, r *receiver.Receiver, listener net.Listener, queue *receiveQueue) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	printer := o.printer()
	err := printer.listening(listener.Addr().String(), r.DSN(dialable(listener.Addr())))
	served := make(chan error, 1)
	go func() { served <- r.Serve(ctx, listener) }()
	if err == nil {
		err = queue.print(ctx, printer)
	}
	cancel()
	if ended := <-served; ended != nil {
		return errors.Join(ended, spoken(err))
	}
	if err == nil {
		err = queue.drain(printer)
	}
	if err == nil {
		err = printer.ended(r.Stats())
	}
	return spoken(err)
}

// spoken is an error of writing to stdout that deserves to be said. Where the
// reader of a pipe has gone (`bbctl receive | head`), that is its right.
func spoken(err error) error {
	if err == nil || errors.Is(err, syscall.EPIPE) || errors.Is(err, io.ErrClosedPipe) {
		return nil
	}
	return fmt.Errorf("writing what arrived: %w", err)
}

// checkListen refuses what is no address before anything is opened.
func checkListen(address string) error {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return &usageError{err: fmt.Errorf("--listen: %q is not of the form HOST:PORT", address), hint: "for example --listen " + receiver.DefaultAddress}
	}
	if n, err := strconv.Atoi(port); err != nil || n < 0 || n > 65535 {
		return &usageError{err: fmt.Errorf("--listen: %q is no port from 0 to 65535", port), hint: "for example --listen " + net.JoinHostPort(host, "8969")}
	}
	return nil
}

// plainNetError leaves out what the caller has said already.
func plainNetError(err error) error {
	var op *net.OpError
	if errors.As(err, &op) && op.Err != nil {
		return op.Err
	}
	return err
}

// announce says on stderr what is not for copying.
func (o *receiveOptions) announce(address *net.TCPAddr, upstream *dsn.DSN) {
	lines := []string{fmt.Sprintf("bbctl: listening on %s until Ctrl-C", address)}
	if !address.IP.IsLoopback() {
		lines = append(lines, "bbctl: warning: this is no loopback address: other machines can send, and what is sent is not encrypted")
	}
	if upstream != nil {
		lines = append(lines, "bbctl: forwarding to "+upstream.Redacted())
	}
	for _, line := range lines {
		_ = fill(o.env.Err, term.Width(o.env.Err, 200), "", "  ", line) // nothing hangs on it
	}
}

// dialable is an address as a client on this machine writes it into a DSN. An
// IPv6 literal stands in none, since SDKs disagree about it.
func dialable(address net.Addr) string {
	tcp, ok := address.(*net.TCPAddr)
	if !ok {
		return address.String()
	}
	host := tcp.IP.String()
	switch {
	case tcp.IP.IsUnspecified():
		host = "127.0.0.1"
	case tcp.IP.To4() == nil:
		host = "localhost"
	}
	return net.JoinHostPort(host, strconv.Itoa(tcp.Port))
}

// limitMemory keeps the process near the size of the store, unless its user
// has set a lower limit. The function that it returns restores what was.
func limitMemory(limit int64) (restore func()) {
	before := debug.SetMemoryLimit(-1)
	if before < limit {
		return func() {}
	}
	debug.SetMemoryLimit(limit)
	return func() { debug.SetMemoryLimit(before) }
}

// receiveLog shows on stderr what the receiver has to say besides: what became
// of forwarded envelopes.
func (o *receiveOptions) receiveLog() *slog.Logger {
	if o.debug {
		return o.log()
	}
	return slog.New(&noticeHandler{out: o.env.Err, redact: newRedactor(o.env)})
}

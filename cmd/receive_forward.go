package cmd

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"strconv"

	"github.com/bookedbarber/bbctl/internal/config"
	"github.com/bookedbarber/bbctl/internal/dsn"
	"github.com/bookedbarber/bbctl/internal/term"
)

// upstream is the configured DSN, to which envelopes are sent on.
func (o *receiveOptions) upstream(ctx context.Context) (*dsn.DSN, error) {
	cfg, err := loadConfig(ctx, o.globalOptions)
	if err != nil {
		return nil, err
	}
	parsed, err := cfg.DSN()
	if err != nil {
		return nil, &usageError{
			err:  fmt.Errorf("--forward: SENTRY_DSN (%s): %w", originText(o.env, cfg.Value(config.KeyDSN).Origin), err),
			hint: "bbctl config shows where it stands and what is wrong with it",
		}
	}
	return parsed, nil
}

// pointsHere says whether a DSN leads to the address that is listened on. The
// receiver ends a circle that this does not see (a name of this machine) by
// itself, after one turn.
func pointsHere(d *dsn.DSN, here *net.TCPAddr) bool {
	_, port, err := net.SplitHostPort(d.DialAddress())
	if err != nil || port != strconv.Itoa(here.Port) {
		return false
	}
	if d.Loopback() {
		return here.IP.IsLoopback() || here.IP.IsUnspecified()
	}
	ip := net.ParseIP(d.Host)
	switch {
	case ip == nil:
		return false
	case !here.IP.IsUnspecified():
		return ip.Equal(here.IP)
	}
	addresses, err := net.InterfaceAddrs()
	if err != nil {
		return false
	}
	for _, address := range addresses {
		if network, ok := address.(*net.IPNet); ok && network.IP.Equal(ip) {
			return true
		}
	}
	return false
}

// noticeHandler writes records of slog as plain lines for people, without time
// and level: "bbctl: forwarding failed: … answered 403 Forbidden".
type noticeHandler struct {
	out    io.Writer
	redact func(string) string
}

// Enabled leaves out what only --debug asks for.
func (h *noticeHandler) Enabled(_ context.Context, level slog.Level) bool {
	return level >= slog.LevelInfo
}

// Handle writes one line.
func (h *noticeHandler) Handle(_ context.Context, r slog.Record) error {
	line := "bbctl: " + r.Message
	r.Attrs(func(a slog.Attr) bool {
		if a.Key == "error" {
			line += ": " + a.Value.String()
		} else {
			line += " (" + a.Key + " " + a.Value.String() + ")"
		}
		return true
	})
	_, err := io.WriteString(h.out, term.Clean(h.redact(line))+"\n")
	return err
}

// WithAttrs keeps the handler as it is: the receiver adds none.
func (h *noticeHandler) WithAttrs([]slog.Attr) slog.Handler { return h }

// WithGroup keeps the handler as it is.
func (h *noticeHandler) WithGroup(string) slog.Handler { return h }

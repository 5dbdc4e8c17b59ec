package redis

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	goredis "github.com/redis/go-redis/v9"

	"github.com/bookedbarber/bbctl/internal/cause"
	"github.com/bookedbarber/bbctl/internal/infra"
)

// judge names the layer at which a connection ended.
func (t Target) judge(ctx context.Context, line *infra.Line, bound time.Duration, err error) *Fault {
	head := string(line.Head())
	if said, ok := answered(err, head); ok {
		return t.refused(t.Address, said, err)
	}
	if f := t.mismatch(ctx, line, head); f != nil {
		f.Err = err
		return f
	}
	f := &Fault{Cause: cause.RedisUnreachable, Err: err, Fix: "correct host and port in " + t.Setting + ", or start Redis there"}
	switch seen := line.Network(t.Address, err, bound); {
	case seen != "":
		f.Detail = seen + ", expected Redis"
	default:
		f.Detail = t.Address + " takes the connection, and does not go on as Redis does"
	}
	return f
}

// mismatch finds TLS on one side only, and servers of another protocol. A
// Redis that expects TLS closes at the first plain command, and one that does
// not waits for the end of what it takes for a line.
func (t Target) mismatch(ctx context.Context, line *infra.Line, head string) *Fault {
	f := &Fault{Cause: cause.RedisRefused}
	if !line.Connected() || t.TLS != nil && infra.TLSHead([]byte(head)) {
		return nil
	}
	if t.TLS != nil && head == "" {
		head = string(line.Nudge(ctx, "PING\r\n"))
	}
	switch {
	case t.TLS == nil && (infra.TLSHead([]byte(head)) || head == "" && line.SpeaksTLS(ctx)):
		f.Detail, f.Fix = t.Address+" speaks TLS, and "+t.Setting+" asks for none", "write rediss:// instead of redis:// in "+t.Setting
	case head == "":
		return nil
	case !strings.ContainsRune("+-:$*_#,(!=%~>|", rune(head[0])):
		f.Detail = fmt.Sprintf("%s answers “%s”, which is not Redis", t.Address, infra.Excerpt(head, 40))
		f.Fix = "correct host and port in " + t.Setting + ": another server listens there"
	case t.TLS != nil:
		f.Detail = t.Address + " answers without TLS, and " + t.Setting + " asks for it"
		f.Fix = "write redis:// instead of rediss:// in " + t.Setting + ", or switch TLS on in the server"
	default:
		return nil
	}
	return f
}

// answered returns the error reply of the server: the one that the client
// returned, or the one of a server that is full or protected, which sends it
// unasked and closes: the client meets a closed connection.
func answered(err error, head string) (string, bool) {
	var reply goredis.Error
	if errors.As(err, &reply) {
		return reply.Error(), true
	}
	said, ok := strings.CutPrefix(head, "-")
	return said, ok && (strings.HasPrefix(said, "DENIED") || strings.HasPrefix(said, "ERR max number"))
}

// Fault explains a command that failed on a connection that stood.
func (c *Conn) Fault(command string, err error) *Fault {
	if said, ok := answered(err, ""); ok {
		f := c.target.refused(c.target.Address, said, err)
		f.Detail = command + ": " + f.Detail
		return f
	}
	detail := c.line.Network(c.target.Address, err, commandTimeout)
	if detail == "" {
		detail = "the connection to " + c.target.Address + " broke off"
	}
	return &Fault{
		Cause: cause.RedisUnreachable, Detail: command + ": " + detail,
		Fix: "look whether Redis still runs, and into its log", Err: err,
	}
}

// remedy is what helps against replies that begin with a word.
type remedy struct{ reply, expected, fix string }

// remedies are the refusals of Redis by the first words of the reply. %s is
// the variable that the URL comes from.
func remedies() []remedy {
	return []remedy{
		{"NOAUTH", "it to let in without a password", "write the password into %s: redis://:PASSWORD@HOST"},
		{"WRONGPASS", "it to take the password", "correct user and password in %s"},
		{"ERR invalid password", "it to take the password", "correct the password in %s"},
		{"ERR Client sent AUTH", "it to take the password", "take the password out of %s, or set requirepass in the server"},
		{"ERR AUTH <password> called without", "it to take the password", "take the password out of %s, or set requirepass in the server"},
		{"NOPERM", "this user to have the right", "give the user of %s the right to this command and to keys bbctl:* (ACL SETUSER)"},
		{"ERR max number of clients", "room for one more", "close what holds connections (CLIENT LIST), or raise maxclients"},
		{"DENIED", "it to let in from this address", "set a password in the server, or bind it to the addresses that it is for, and end its protected mode"},
		{"LOADING", "it to be ready", "wait until it has read its data from disk"},
		{"READONLY", "a server that takes writes", "write the address of the primary into %s: this one is a replica"},
		{"MISCONF", "it to take writes", "look into the server's log: it cannot save to disk, and refuses writes until it can"},
		{"OOM", "room for a small key", "raise maxmemory, or let keys go (maxmemory-policy)"},
		{"ERR DB index", "that database to exist", "correct the number of the database in %s, or raise databases in the server"},
		{"MASTERDOWN", "a server that answers", "look why this replica has lost its primary, or write the primary's address into %s"},
		{"MOVED", "one server with all keys", "write a server into %s that is no node of a cluster"},
		{"CLUSTERDOWN", "a cluster that works", "look into the state of the cluster (CLUSTER INFO)"},
	}
}

// refused explains an error reply.
func (t Target) refused(where, said string, err error) *Fault {
	f := &Fault{Cause: cause.RedisRefused, Err: err}
	// Redis quotes the arguments of what it does not know.
	said, _, _ = strings.Cut(said, ", with args")
	seen := fmt.Sprintf("%s answers “%s”", where, infra.Excerpt(said, 120))
	if t.Password != "" {
		seen = strings.ReplaceAll(seen, t.Password, "***")
	}
	for _, r := range remedies() {
		if strings.HasPrefix(said, r.reply) {
			f.Detail, f.Fix = seen+", expected "+r.expected, strings.ReplaceAll(r.fix, "%s", t.Setting)
			return f
		}
	}
	f.Detail, f.Fix = seen+", expected Redis to do it", "correct "+t.Setting+" by what the reply says"
	return f
}

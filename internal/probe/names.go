package probe

import (
	"cmp"
	"context"
	"errors"
	"net"
	"net/netip"
	"slices"
	"strings"
	"time"
)

// resolutionDelay is how long a connection waits for the other family, once
// one has addresses (RFC 8305).
const resolutionDelay = 50 * time.Millisecond

// lookup is what a host resolves to: the families apart, since a resolver may
// keep silent for one of them.
type lookup struct {
	host    string
	literal bool // an address already
	v4, v6  *family
}

// family is one half of a lookup. Its other fields may be read after done.
type family struct {
	done      chan struct{}
	addresses []netip.Addr
	err       error
}

// look starts to look a host up, each family within the timeout.
func look(ctx context.Context, r *net.Resolver, host string, timeout time.Duration) *lookup {
	l := &lookup{host: host, v4: &family{done: make(chan struct{})}, v6: &family{done: make(chan struct{})}}
	if address, err := netip.ParseAddr(host); err == nil {
		l.literal = true
		half := l.v4
		if address.Is6() {
			half = l.v6
		}
		half.addresses = []netip.Addr{address}
		close(l.v4.done)
		close(l.v6.done)
		return l
	}
	if r == nil {
		r = net.DefaultResolver
	}
	go l.v4.ask(ctx, r, "ip4", host, timeout)
	go l.v6.ask(ctx, r, "ip6", host, timeout)
	return l
}

func (f *family) ask(ctx context.Context, r *net.Resolver, network, host string, timeout time.Duration) {
	defer close(f.done)
	defer func() {
		if p := recover(); p != nil {
			f.err = panicked(p)
		}
	}()
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	f.addresses, f.err = r.LookupNetIP(ctx, network, host)
	for i, address := range f.addresses {
		f.addresses[i] = address.Unmap()
	}
}

// silent says whether the resolver has not answered for the family.
func (f *family) silent() bool {
	var dns *net.DNSError
	return errors.As(f.err, &dns) && dns.IsTimeout
}

// first waits for the addresses that a connection can begin with: those of
// both families, or of one where the other is late.
func (l *lookup) first(ctx context.Context) (v6, v4 []netip.Addr, err error) {
	var late <-chan time.Time
	one, other := l.v4.done, l.v6.done
	for one != nil || other != nil {
		select {
		case <-one:
			one = nil
			late = afterSome(l.v4, late)
		case <-other:
			other = nil
			late = afterSome(l.v6, late)
		case <-late:
			return l.known(other == nil, one == nil)
		case <-ctx.Done():
			return nil, nil, ctx.Err()
		}
	}
	return l.known(true, true)
}

// afterSome starts the delay with the first family that has addresses.
func afterSome(f *family, running <-chan time.Time) <-chan time.Time {
	if running != nil || len(f.addresses) == 0 {
		return running
	}
	return time.After(resolutionDelay)
}

func (l *lookup) known(six, four bool) (v6, v4 []netip.Addr, err error) {
	if six {
		v6 = l.v6.addresses
	}
	if four {
		v4 = l.v4.addresses
	}
	if len(v6)+len(v4) > 0 {
		return v6, v4, nil
	}
	return nil, nil, &net.OpError{Op: "dial", Net: "tcp", Err: l.failure()}
}

// failure is the error that tells more: a resolver that fails comes before a
// family without addresses.
func (l *lookup) failure() error {
	var dns *net.DNSError
	if errors.As(l.v4.err, &dns) && dns.IsNotFound && l.v6.err != nil {
		return l.v6.err
	}
	return cmp.Or(l.v4.err, l.v6.err, error(&net.DNSError{Err: "no addresses", Name: l.host, IsNotFound: true}))
}

// wait waits for both families; false where ctx ended first.
func (l *lookup) wait(ctx context.Context) bool {
	for _, half := range []*family{l.v4, l.v6} {
		select {
		case <-half.done:
		case <-ctx.Done():
			return false
		}
	}
	return true
}

// answered says whether the resolver has answered for any family.
func (l *lookup) answered() bool {
	select {
	case <-l.v4.done:
		return true
	case <-l.v6.done:
		return true
	default:
		return false
	}
}

// found says whether there is any address. It may be asked after wait.
func (l *lookup) found() bool { return len(l.v4.addresses)+len(l.v6.addresses) > 0 }

// words lists what was found by family.
func (l *lookup) words() string {
	var parts []string
	for _, half := range []struct {
		record string
		*family
	}{{"A", l.v4}, {"AAAA", l.v6}} {
		switch {
		case len(half.addresses) > 0:
			parts = append(parts, half.record+" "+listed(half.addresses))
		case half.silent():
			parts = append(parts, half.record+" not answered")
		default:
			parts = append(parts, "no "+half.record)
		}
	}
	return strings.Join(parts, ", ")
}

// listed shows the first addresses.
func listed(addresses []netip.Addr) string {
	const most = 3
	var shown []string
	for _, address := range addresses[:min(len(addresses), most)] {
		shown = append(shown, address.String())
	}
	if len(addresses) > most {
		shown = append(shown, "…")
	}
	return strings.Join(slices.Compact(shown), ", ")
}

package probe

import (
	"context"
	"net"
	"net/netip"
	"sync"
	"time"
)

// fallbackDelay is the head start of IPv6 (RFC 8305, as in package net).
const fallbackDelay = 300 * time.Millisecond

// route is how one host is reached. Its first connection tries both families,
// and lets the one that loses go on, since what becomes of it is a finding:
// an SDK that tries the addresses in turn would wait for it. Later connections
// begin with the address that was good.
type route struct {
	names   *lookup
	timeout time.Duration // of a connection

	mu      sync.Mutex
	started bool
	best    netip.Addr
	tried   []attempt      // those that failed, in order
	pending sync.WaitGroup // attempts of the first connection under way
}

// newRoute starts to look the host up.
func newRoute(ctx context.Context, r *net.Resolver, host string, timeout time.Duration) *route {
	return &route{names: look(ctx, r, host, timeout), timeout: timeout}
}

func (r *route) dial(ctx context.Context, network, address string) (net.Conn, error) {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return nil, err
	}
	if host != r.names.host {
		return (&net.Dialer{Timeout: r.timeout}).DialContext(ctx, network, address)
	}
	v6, v4, err := r.names.first(ctx)
	if err != nil {
		return nil, err
	}
	if best, again := r.begin(); again {
		if best.IsValid() {
			v6, v4 = nil, []netip.Addr{best}
		}
		bounded, cancel := context.WithTimeout(ctx, r.timeout)
		defer cancel()
		return r.inTurn(bounded, append(v6, v4...), port)
	}
	return r.race(ctx, v6, v4, port)
}

// begin tells whether a connection is not the first one, and which address
// was good.
func (r *route) begin() (best netip.Addr, again bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	again, r.started = r.started, true
	return r.best, again
}

// dialled is what became of the addresses of one family.
type dialled struct {
	conn net.Conn
	err  error
}

// race gives IPv6 a head start, and takes the first connection that stands.
func (r *route) race(ctx context.Context, v6, v4 []netip.Addr, port string) (net.Conn, error) {
	families := [][]netip.Addr{v6, v4}
	if len(v6) == 0 {
		families = families[1:]
	} else if len(v4) == 0 {
		families = families[:1]
	}
	results := make(chan dialled, len(families))
	running, next := 0, time.NewTimer(0)
	defer next.Stop()
	var last error
	for running > 0 || len(families) > 0 {
		select {
		case <-next.C:
			if len(families) > 0 {
				r.start(ctx, families[0], port, results)
				families, running = families[1:], running+1
				next.Reset(fallbackDelay)
			}
		case d := <-results:
			running--
			if d.err == nil {
				go drain(results, running)
				return d.conn, nil
			}
			last = d.err
			next.Reset(0)
		case <-ctx.Done():
			go drain(results, running)
			return nil, ctx.Err()
		}
	}
	return nil, last
}

// start dials the addresses of a family. The end of the request does not end
// it: its own bound does.
func (r *route) start(ctx context.Context, addresses []netip.Addr, port string, results chan<- dialled) {
	r.pending.Go(func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), r.timeout)
		defer cancel()
		defer func() {
			if p := recover(); p != nil {
				results <- dialled{err: panicked(p)}
			}
		}()
		conn, err := r.inTurn(ctx, addresses, port)
		results <- dialled{conn, err}
	})
}

// drain closes the connections that come too late.
func drain(results <-chan dialled, n int) {
	for range n {
		if d := <-results; d.conn != nil {
			closeQuietly(d.conn)
		}
	}
}

// inTurn tries the addresses one after the other; each gets its share of the
// time that is left.
func (r *route) inTurn(ctx context.Context, addresses []netip.Addr, port string) (net.Conn, error) {
	var last error
	for i, address := range addresses {
		conn, err := r.one(ctx, net.JoinHostPort(address.String(), port), len(addresses)-i)
		r.mu.Lock()
		if err == nil && !r.best.IsValid() {
			r.best = address
		} else if err != nil {
			r.tried = append(r.tried, attempt{address.String(), err})
		}
		r.mu.Unlock()
		if err == nil {
			return conn, nil
		}
		last = err
	}
	return nil, last
}

func (r *route) one(ctx context.Context, address string, left int) (net.Conn, error) {
	deadline, _ := ctx.Deadline() // of the caller: there is one
	ctx, cancel := context.WithTimeout(ctx, time.Until(deadline)/time.Duration(left))
	defer cancel()
	return (&net.Dialer{}).DialContext(ctx, "tcp", address)
}

// failures waits for what the first connection has begun, and returns the
// addresses that did not answer or refused.
func (r *route) failures(ctx context.Context) []attempt {
	ended := make(chan struct{})
	go func() {
		r.pending.Wait()
		close(ended)
	}()
	select {
	case <-ended:
	case <-ctx.Done():
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]attempt(nil), r.tried...)
}

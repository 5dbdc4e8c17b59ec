package observe

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"time"
)

const (
	listenTime  = 30 * time.Second // for an application to listen, from the start of the run
	leastListen = 2 * time.Second  // and at least, when its turn has come
	answerTime  = 30 * time.Second // for an answer, as usual proxies wait
	knockTime   = 50 * time.Millisecond
	mostAnswer  = 1 << 20 // bytes of an answer that are read
)

// ask asks each URL once, in their order, as soon as its port accepts
// connections: each port is waited for once.
func (r *run) ask(ctx context.Context) []Answer {
	if len(r.o.Requests) == 0 {
		return nil
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	listening := map[string]error{} // by address
	// Directly: an application that has just been started is no business of a
	// proxy's. Redirects are answers as others are.
	client := &http.Client{
		Transport: &http.Transport{DisableKeepAlives: true},
		Timeout:   answerTime,
		CheckRedirect: func(*http.Request, []*http.Request) error {
			return http.ErrUseLastResponse
		},
	}
	var answers []Answer
	for _, request := range r.o.Requests {
		a := Answer{URL: r.o.Redact(request.URL)}
		address, err := addressOf(request.URL)
		if err == nil {
			var known bool
			if err, known = listening[address]; !known {
				err = r.listening(ctx, address)
				listening[address] = err
			}
		}
		if err == nil {
			started := r.o.Now()
			a.Status, err = get(ctx, client, request)
			a.Duration = r.o.Now().Sub(started)
		}
		if err != nil {
			if cause := context.Cause(ctx); cause != nil {
				err = cause
			}
			a.Err = r.o.Redact(err.Error())
		}
		answers = append(answers, a)
	}
	return answers
}

func get(ctx context.Context, client *http.Client, request Request) (int, error) {
	method := request.Method
	if method == "" {
		method = http.MethodGet
	}
	req, err := http.NewRequestWithContext(ctx, method, request.URL, http.NoBody)
	if err != nil {
		return 0, inner(err)
	}
	// Not as bbctl alone: filters of noise, that of package monitoring among
	// them, drop what a tester asks for.
	req.Header.Set("User-Agent", "Mozilla/5.0 (compatible; bbctl)")
	for name, values := range request.Header {
		req.Header[http.CanonicalHeaderKey(name)] = values
	}
	if host := req.Header.Get("Host"); host != "" {
		req.Host = host
	}
	response, err := client.Do(req)
	if err != nil {
		return 0, inner(err)
	}
	defer func() { _ = response.Body.Close() }() // read only
	// The whole answer: an application that streams fails while it is read.
	_, err = io.CopyN(io.Discard, response.Body, mostAnswer)
	if err != nil && !errors.Is(err, io.EOF) {
		return response.StatusCode, fmt.Errorf("the answer broke off: %w", inner(err))
	}
	return response.StatusCode, nil
}

// inner is an error without the URL, which stands beside it.
func inner(err error) error {
	var wrapped *url.Error
	if errors.As(err, &wrapped) {
		return wrapped.Err
	}
	return err
}

// listening waits until an address accepts connections.
func (r *run) listening(ctx context.Context, address string) error {
	deadline := r.began.Add(r.o.patience.listen)
	if least := time.Now().Add(leastListen); deadline.Before(least) {
		deadline = least
	}
	for {
		if knock(ctx, address, time.Second) == nil {
			return nil
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("nothing listened on %s within %s", address, time.Since(r.began).Round(time.Second))
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("nothing listened on %s: %w", address, context.Cause(ctx))
		case <-time.After(knockTime):
		}
	}
}

func knock(ctx context.Context, address string, most time.Duration) error {
	dialer := net.Dialer{Timeout: most}
	conn, err := dialer.DialContext(ctx, "tcp", address)
	if err != nil {
		return err
	}
	return conn.Close()
}

func addressOf(raw string) (string, error) {
	u, err := url.Parse(raw)
	if err != nil || u.Hostname() == "" || u.Scheme != "http" && u.Scheme != "https" {
		return "", errors.New("it is no URL: expected such as http://127.0.0.1:8000/")
	}
	port := u.Port()
	switch {
	case port != "":
	case u.Scheme == "https":
		port = "443"
	default:
		port = "80"
	}
	return net.JoinHostPort(u.Hostname(), port), nil
}

// lookForTaken finds the addresses on which something listens before the
// application was started: it would be asked in its place.
func (r *run) lookForTaken(ctx context.Context) {
	for _, request := range r.o.Requests {
		address, err := addressOf(request.URL)
		if err != nil || slices.Contains(r.taken, address) {
			continue // told with its answer
		}
		host, _, _ := net.SplitHostPort(address)
		ip, err := netip.ParseAddr(host)
		if host != "localhost" && (err != nil || !ip.IsLoopback()) {
			continue
		}
		if knock(ctx, address, 200*time.Millisecond) == nil {
			r.taken = append(r.taken, address)
			r.say("something listens on " + address + " already: it may be asked in place of the command")
		}
	}
}

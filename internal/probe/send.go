package probe

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"math"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// Send posts one envelope and judges the answer. eventID is the id in the
// envelope's header, empty where it has none. The send is over within the
// target's timeout and within ctx, however slowly the server drips, and
// nothing is sent twice.
func Send(ctx context.Context, t Target, envelope []byte, eventID string) Answer {
	return exchange(ctx, t, envelope, eventID).answer
}

// exchange is Send, with the traces that it left.
func exchange(ctx context.Context, t Target, envelope []byte, eventID string) *send {
	ctx, cancel := context.WithTimeout(ctx, t.timeout())
	defer cancel()
	s := &send{target: t, id: eventID, categories: categoriesOf(envelope), size: len(envelope)}
	s.redactor = newRedactor(t.DSN)
	start := time.Now() // the target's Now may stand still, or jump
	defer func() { s.ended = time.Now() }()
	asking, stop := context.WithTimeout(ctx, t.asking())
	defer stop()
	response, err := s.post(asking, envelope)
	if err != nil {
		s.answer.Latency = time.Since(start)
		s.fail(ctx, err)
		return s
	}
	defer closeQuietly(response.Body)
	arrived := t.now()
	body, err := readBody(response)
	body = []byte(s.hide(string(body)))
	s.answer.Latency = time.Since(start)
	s.answer.Err = withoutURL(err)
	s.take(response, body, arrived)
	s.apply(s.judge(ctx, body))
	return s
}

// readBody reads at most a byte more than maxBody. A gateway may compress what
// nobody asked it to; SDKs understand that.
func readBody(r *http.Response) ([]byte, error) {
	raw, err := io.ReadAll(io.LimitReader(r.Body, maxBody+1))
	if !strings.EqualFold(r.Header.Get("Content-Encoding"), "gzip") || err != nil {
		return raw, err
	}
	unpacker, err := gzip.NewReader(bytes.NewReader(raw))
	if err != nil {
		return raw, nil // it is judged as what it is
	}
	body, err := io.ReadAll(io.LimitReader(unpacker, maxBody+1))
	if err != nil {
		return raw, nil
	}
	return body, nil
}

// send is one send under way.
type send struct {
	target     Target
	id         string
	categories []string // of what is sent; nil: not known
	size       int      // of the envelope, before compression
	trail      trail
	ended      time.Time
	redactor
	answer Answer
}

func (s *send) post(ctx context.Context, envelope []byte) (*http.Response, error) {
	body := envelope
	if s.target.Gzip {
		var err error
		if body, err = compress(envelope); err != nil {
			return nil, err
		}
	}
	ctx = httptrace.WithClientTrace(ctx, s.trail.hooks())
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, s.target.DSN.EnvelopeURL(), bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	request.Header.Set("Content-Type", "application/x-sentry-envelope")
	request.Header.Set("X-Sentry-Auth", s.target.DSN.AuthHeader(s.target.Client))
	if s.target.Client != "" {
		request.Header.Set("User-Agent", s.target.Client)
	}
	if s.target.Gzip {
		request.Header.Set("Content-Encoding", "gzip")
	}
	client := s.client()
	defer client.CloseIdleConnections()
	return client.Do(request)
}

func compress(b []byte) ([]byte, error) {
	var out bytes.Buffer
	w := gzip.NewWriter(&out)
	if _, err := w.Write(b); err != nil {
		return nil, err
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}

// client is the given client or one that has a bound for everything. Neither
// follows a redirect: the page that a login ends in answers 200.
func (s *send) client() *http.Client {
	client := http.Client{Transport: s.transport()}
	if s.target.HTTP != nil {
		client = *s.target.HTTP
	}
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &client
}

func (s *send) transport() *http.Transport {
	return &http.Transport{
		Proxy: s.proxy,
		DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
			conn, err := s.dialFor(ctx, network, s.peerOf(address))
			if err != nil {
				return nil, err
			}
			s.trail.set(func() { s.trail.connected, s.trail.remote = true, conn.RemoteAddr().String() })
			if conn, err = s.throughSOCKS(ctx, conn, address); err != nil {
				return nil, err
			}
			return s.trail.watch(conn, s.target.sealed), nil
		},
		OnProxyConnectResponse: func(_ context.Context, _ *url.URL, _ *http.Request, r *http.Response) error {
			if r.StatusCode == http.StatusOK {
				s.trail.set(func() { s.trail.tunnel = true })
				return nil
			}
			return &proxyRefusal{status: r.StatusCode, header: r.Header}
		},
		TLSClientConfig:        &tls.Config{RootCAs: s.target.RootCAs, MinVersion: tls.VersionTLS12, Time: s.target.Now},
		DisableCompression:     true, // what comes is judged byte by byte
		MaxResponseHeaderBytes: maxHeader,
	}
}

// dialFor connects to the ingest or to its proxy.
func (s *send) dialFor(ctx context.Context, network, address string) (net.Conn, error) {
	if s.target.route != nil {
		return s.target.route.dial(ctx, network, address)
	}
	dialer := &net.Dialer{Timeout: s.target.connectTimeout(), Resolver: s.target.Resolver}
	return dialer.DialContext(ctx, network, address)
}

// take copies from the response what the answer keeps of it.
func (s *send) take(r *http.Response, body []byte, arrived time.Time) {
	a := &s.answer
	a.Status = r.StatusCode
	a.Header = s.keptHeader(r.Header)
	a.Body = s.excerpt(body)
	a.Proxy = s.proxyHost()
	a.Limits = limitsOf(r, arrived)
	for i := range a.Limits {
		l := &a.Limits[i]
		l.Scope, l.Reason = s.redact(l.Scope), s.redact(l.Reason)
		for _, names := range [][]string{l.Categories, l.Namespaces} {
			for i, name := range names {
				names[i] = s.redact(name)
			}
		}
	}
	if date, err := http.ParseTime(r.Header.Get("Date")); err == nil && r.Header.Get("Age") == "" {
		// A Date is cut to whole seconds: half a one is its mean loss.
		a.Skew = arrived.Sub(date.Add(time.Second / 2))
	}
}

func (s *send) excerpt(body []byte) string {
	text := s.redact(string(body))
	return strings.ToValidUTF8(text[:min(len(text), maxExcerpt)], "")
}

func (s *send) fail(ctx context.Context, err error) {
	s.answer.Proxy = s.proxyHost()
	if stands(err) {
		return
	}
	s.answer.Err = withoutURL(err)
	s.apply(s.judgeNetwork(ctx, err))
}

func (s *send) apply(v verdict) {
	s.answer.Cause = v.cause
	s.answer.Detail, s.answer.Fix = s.redact(v.detail), v.fix
	if err := s.answer.Err; err != nil {
		if text := err.Error(); s.redact(text) != text {
			s.answer.Err = &redactedError{text: s.redact(text), err: err}
		}
	}
}

// redactedError says of an error what may be shown.
type redactedError struct {
	text string
	err  error
}

func (e *redactedError) Error() string { return e.text }
func (e *redactedError) Unwrap() error { return e.err }

// withoutURL takes off the wrapping of net/http, which repeats the address.
func withoutURL(err error) error {
	var wrapped *url.Error
	if errors.As(err, &wrapped) {
		return wrapped.Err
	}
	return err
}

func closeQuietly(c io.Closer) { _ = c.Close() }

// seconds writes a duration for people.
func seconds(d time.Duration) string {
	step := 100 * time.Millisecond
	if d < 10*time.Second {
		step = 10 * time.Millisecond
	}
	return strconv.FormatFloat(math.Round(d.Round(step).Seconds()*100)/100, 'f', -1, 64) + " s"
}

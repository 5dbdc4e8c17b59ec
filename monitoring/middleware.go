package monitoring

import (
	"bufio"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
)

// Middleware reports the requests of a handler: a transaction for each, named
// after its route, and its panics. Requests of probes and tests are not
// reported.
//
// A panic arrives once, and the process lives. It is answered with a 500 where
// nothing was answered yet; else the connection is cut, by
// http.ErrAbortHandler, since half an answer must not look like a whole one.
// http.ErrAbortHandler itself goes on to the server, and is not reported.
// Transaction and panic carry the user and the operation that were added last
// to any context of the request.
func (c *Client) Middleware(next http.Handler) http.Handler {
	if c == nil {
		return next
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { c.serve(next, w, r) })
}

func (c *Client) serve(next http.Handler, w http.ResponseWriter, r *http.Request) {
	info := requestInfo{noise: requestNoise(r)}
	ctx, span := c.StartTransaction(
		with(c.WithScope(r.Context()), func(s *scope) { s.request = info }),
		r.Method+" "+r.URL.Path, "http.server",
		ContinueFrom(r.Header.Get("sentry-trace"), strings.Join(r.Header.Values("baggage"), ",")))
	// The handlers' request carries the scope, and the scope the request: a
	// router between them writes the route into it.
	info.request = new(http.Request)
	ctx = with(ctx, func(s *scope) { s.request = info })
	*info.request = *r.WithContext(ctx)
	span.follow(ctx)

	answer := &answer{ResponseWriter: w}
	defer func() {
		recovered := recover()
		aborted := isAbort(recovered)
		switch {
		case aborted:
			c.drop(DropDisconnect)
			span.SetStatus(StatusCancelled)
		case recovered != nil:
			c.CapturePanic(span.completed(ctx), recovered)
			span.SetStatus(StatusInternalError)
		default:
			span.SetStatus(statusOf(answer.status))
		}
		begun := answer.status != 0
		if recovered != nil && !aborted && !begun {
			http.Error(answer, http.StatusText(http.StatusInternalServerError), http.StatusInternalServerError)
		}
		if !answer.hijacked {
			span.SetData("http.response.status_code", max(answer.status, http.StatusOK))
		}
		span.SetName(info.name())
		span.Finish()
		if aborted || recovered != nil && begun {
			panic(http.ErrAbortHandler)
		}
	}()
	next.ServeHTTP(answer, info.request)
}

func isAbort(recovered any) bool {
	err, ok := recovered.(error)
	return ok && errors.Is(err, http.ErrAbortHandler)
}

// route is a pattern of ServeMux without its method and host.
func route(pattern string) string {
	if slash := strings.IndexByte(pattern, '/'); slash >= 0 {
		return pattern[slash:]
	}
	return pattern
}

func statusOf(code int) SpanStatus {
	switch {
	case code >= 500:
		return StatusInternalError
	case code == http.StatusNotFound:
		return StatusNotFound
	case code == http.StatusForbidden:
		return StatusPermissionDenied
	case code == http.StatusUnauthorized:
		return StatusUnauthenticated
	case code >= 400:
		return StatusInvalidArgument
	default:
		return StatusOK
	}
}

// answer notes the status of a response.
type answer struct {
	http.ResponseWriter
	status   int // 0 until something was answered
	hijacked bool
}

func (a *answer) WriteHeader(status int) {
	// 1xx come before the answer, but for 101, which is one.
	if a.status == 0 && (status >= 200 || status == http.StatusSwitchingProtocols) {
		a.status = status
	}
	a.ResponseWriter.WriteHeader(status)
}

func (a *answer) Write(b []byte) (int, error) {
	a.begin()
	return a.ResponseWriter.Write(b)
}

// ReadFrom keeps what the server can do better than copying, such as sendfile.
func (a *answer) ReadFrom(r io.Reader) (int64, error) {
	a.begin()
	return io.Copy(a.ResponseWriter, r)
}

func (a *answer) begin() {
	if a.status == 0 {
		a.status = http.StatusOK
	}
}

// Flush passes on what streaming handlers ask for.
func (a *answer) Flush() {
	if f, ok := a.ResponseWriter.(http.Flusher); ok {
		a.begin()
		f.Flush()
	}
}

// Hijack passes on what WebSocket libraries ask for.
func (a *answer) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	conn, buffered, err := http.NewResponseController(a.ResponseWriter).Hijack()
	if err == nil {
		a.hijacked = true
		a.status = http.StatusSwitchingProtocols
	}
	return conn, buffered, err
}

// Unwrap lets http.ResponseController reach the rest.
func (a *answer) Unwrap() http.ResponseWriter { return a.ResponseWriter }

package receiver

import (
	"net/http"
	"strings"

	"github.com/bookedbarber/bbctl/internal/envelope"
)

// ServeHTTP takes one request, decides as Relay would, and answers by the
// script where there is one.
func (r *Receiver) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	r.counts.open.Add(1)
	defer r.counts.open.Add(-1)
	number := r.counts.requests.Add(1)
	record := &Record{
		Seq: number, Time: r.o.Now(), Method: req.Method, Path: req.URL.Path,
		Remote: req.RemoteAddr, Encoding: req.Header.Get("Content-Encoding"),
	}
	scripted, ok := r.script.take(number)
	if ok && scripted.Close {
		drop(w)
		return
	}
	d, e := r.decide(req, record)
	if ok {
		d = scripted.overrule(d)
	}
	record.Status, record.Accepted = d.status, d.accepted
	if d.accepted {
		r.counts.accept(record, e.Items)
		r.store.add(record)
		if r.forward != nil && req.UserAgent() != forwardAgent {
			r.forward.offer(record)
		}
	} else {
		record.Raw, record.Reason = nil, d.reason()
		if req.Method == http.MethodPost {
			r.counts.rejected.Add(1)
		}
	}
	if r.o.OnEnvelope != nil {
		r.o.OnEnvelope(record)
	}
	if ok {
		scripted.write(w, req, d)
		return
	}
	d.write(w)
}

// decide judges a request and fills in its record. The order is Relay's: path,
// credentials, body, envelope.
func (r *Receiver) decide(req *http.Request, record *Record) (decision, envelope.Envelope) {
	var none envelope.Envelope
	record.Kind, record.Project = route(req.URL.Path)
	switch {
	case record.Kind == "":
		return notFound(), none
	case req.Method == http.MethodOptions:
		return decision{status: http.StatusOK, plain: true, preflight: true}, none
	case req.Method != http.MethodPost:
		return decision{status: http.StatusMethodNotAllowed, plain: true}, none
	case record.Kind == KindStream:
		return r.decideStream(req, record)
	case !number(record.Project):
		return refuse(http.StatusBadRequest, "bad project path parameter", "invalid project identifier"), none
	}
	auth, refused := authenticate(req)
	if refused == nil && auth.source != "" {
		refused = r.judgeKey(auth, record.Project)
	}
	if refused == nil && auth.source == "" && record.Kind == KindStore {
		refused = missingAuth()
	}
	if refused != nil {
		return *refused, none
	}
	record.Client, record.Auth = auth.client, auth.source
	body, refused := r.takeBody(req, record)
	if refused != nil {
		return *refused, none
	}
	if record.Kind == KindStore && req.Header.Get("Content-Type") != contentType {
		return decideStore(body, record)
	}
	record.Kind = KindEnvelope
	return r.decideEnvelope(body, auth, record)
}

// contentType is that of an envelope. No SDK needs to send it.
const contentType = "application/x-sentry-envelope"

// route takes a path apart: an optional prefix, then /api/PROJECT/envelope/,
// /api/PROJECT/store/ or /stream; the last slash may be missing.
func route(path string) (kind Kind, project string) {
	path = strings.TrimSuffix(path, "/")
	head, last := cutLast(path)
	switch last {
	case "stream":
		return KindStream, ""
	case "envelope":
		kind = KindEnvelope
	case "store":
		kind = KindStore
	default:
		return "", ""
	}
	head, project = cutLast(head)
	if !strings.HasSuffix(head, "/api") {
		return "", ""
	}
	return kind, project
}

func cutLast(path string) (head, last string) {
	i := strings.LastIndexByte(path, '/')
	if i < 0 {
		return "", ""
	}
	return path[:i], path[i+1:]
}

func number(s string) bool {
	return s != "" && len(s) <= 20 && strings.Trim(s, "0123456789") == ""
}

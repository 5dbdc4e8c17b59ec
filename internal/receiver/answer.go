package receiver

import (
	"encoding/json"
	"errors"
	"net/http"
	"strings"

	"github.com/bookedbarber/bbctl/internal/envelope"
)

// decision is what Relay would answer. Details and causes are Relay's own
// words (relay-server: endpoints/common.rs, extractors/request_meta.rs,
// envelope/mod.rs); where a library's text would stand, a plain one does.
type decision struct {
	accepted  bool
	status    int
	detail    string
	causes    []string
	id        string
	plain     bool // an empty body
	preflight bool // tell a browser what it may send
}

func refuse(status int, detail string, causes ...string) decision {
	return decision{status: status, detail: detail, causes: causes}
}

func notFound() decision {
	return refuse(http.StatusNotFound, "The requested resource does not exist")
}

func missingAuth() *decision {
	d := refuse(http.StatusUnauthorized, "missing authorization information")
	return &d
}

func tooLarge(kind string) decision {
	return refuse(http.StatusRequestEntityTooLarge,
		"envelope exceeded size limits for type '"+kind+"' (https://develop.sentry.dev/sdk/envelopes/#size-limits)")
}

// invalidEnvelope names the error of the envelope as Relay does, without what
// this program adds to it.
func invalidEnvelope(err error) decision {
	cause := "invalid envelope"
	for _, known := range []error{
		envelope.ErrEmpty, envelope.ErrHeader, envelope.ErrItemHeader, envelope.ErrEnd, envelope.ErrNewline,
	} {
		if errors.Is(err, known) {
			cause = known.Error()
		}
	}
	return refuse(http.StatusBadRequest, "invalid event envelope", cause)
}

// byStatus is Relay's text for a status that a script asks for.
func byStatus(status int) decision {
	switch status {
	case http.StatusBadRequest:
		return refuse(status, "invalid event envelope", "invalid envelope header")
	case http.StatusUnauthorized:
		return *missingAuth()
	case http.StatusForbidden:
		return refuse(status, "event submission rejected with_reason: ProjectId")
	case http.StatusNotFound:
		return notFound()
	case http.StatusRequestEntityTooLarge:
		return tooLarge("event")
	case http.StatusTooManyRequests:
		return refuse(status, "Sentry dropped data due to a quota or internal rate limit being reached. "+
			"This will not affect your application. See https://docs.sentry.io/product/accounts/quotas/ for more information.")
	case http.StatusServiceUnavailable:
		return refuse(status, "the service is overloaded")
	default:
		return refuse(status, http.StatusText(status))
	}
}

// reason is the refusal in one line: what Relay says, and why.
func (d decision) reason() string {
	return strings.Join(append([]string{d.detail}, d.causes...), ": ")
}

// head sets the headers that every answer has.
func (d decision) head(header http.Header) {
	// What Relay's CORS layer lets a browser see and send.
	header["Access-Control-Allow-Origin"] = []string{"*"}
	header["Access-Control-Expose-Headers"] = []string{"x-sentry-error,x-sentry-rate-limits,retry-after"}
	if d.status == http.StatusMethodNotAllowed {
		header.Set("Allow", "POST, OPTIONS")
	}
	if d.status == http.StatusUnsupportedMediaType {
		header.Set("Accept-Encoding", "gzip,deflate,br,zstd")
	}
	if d.preflight {
		header.Set("Access-Control-Allow-Methods", "POST")
		header.Set("Access-Control-Allow-Headers", "x-sentry-auth,x-requested-with,x-forwarded-for,origin,referer,"+
			"accept,content-type,authentication,authorization,content-encoding,transfer-encoding")
		header.Set("Access-Control-Max-Age", "3600")
	}
	if !d.plain {
		header["Content-Type"] = []string{"application/json"}
	}
}

// write answers as decided.
func (d decision) write(w http.ResponseWriter) {
	d.head(w.Header())
	w.WriteHeader(d.status)
	if body := d.body(); len(body) > 0 {
		_, _ = w.Write(body) // the client is gone if this fails: nobody to tell
	}
}

// body is the answer's body: the id of what was taken, or why it was not.
func (d decision) body() []byte {
	switch {
	case d.plain:
		return nil
	case d.accepted && d.id != "":
		return append(append([]byte(`{"id":"`), d.id...), `"}`...)
	case d.detail == "":
		return []byte(`{}`)
	}
	b, err := json.Marshal(struct {
		Detail string   `json:"detail"`
		Causes []string `json:"causes,omitempty"`
	}{d.detail, d.causes})
	if err != nil {
		return []byte(`{}`)
	}
	return b
}

package receiver

import (
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"net/http"
	"strings"

	"github.com/bookedbarber/bbctl/internal/dsn"
	"github.com/bookedbarber/bbctl/internal/envelope"
)

// takeBody reads the body, or decides why it cannot be taken.
func (r *Receiver) takeBody(req *http.Request, record *Record) ([]byte, *decision) {
	body, wire, err := r.readBody(req)
	record.Wire = wire
	var d decision
	switch {
	case errors.Is(err, errTooLarge):
		d = refuse(http.StatusRequestEntityTooLarge, "failed to read request body", "length limit exceeded")
	case errors.Is(err, errEncoding):
		d = refuse(http.StatusUnsupportedMediaType, "unsupported content encoding")
	case errors.Is(err, errInflate):
		d = refuse(http.StatusBadRequest, "failed to read request body", "the body could not be decompressed")
	case err != nil:
		d = refuse(http.StatusBadRequest, "failed to read request body", "the body broke off")
	case len(body) == 0:
		d = refuse(http.StatusBadRequest, "empty request body")
	default:
		return body, nil
	}
	return nil, &d
}

// decideStream takes Spotlight's copy of an envelope. Spotlight asks for no
// credentials.
func (r *Receiver) decideStream(req *http.Request, record *Record) (decision, envelope.Envelope) {
	body, refused := r.takeBody(req, record)
	if refused != nil {
		return *refused, envelope.Envelope{}
	}
	e, err := envelope.Split(body)
	if err != nil {
		return invalidEnvelope(err), e
	}
	record.Raw, record.EventID = body, e.EventID()
	return decision{accepted: true, status: http.StatusOK, plain: true}, e
}

func decideStore(body []byte, record *Record) (decision, envelope.Envelope) {
	if len(body) > maxEvent {
		record.Over = &Over{"event", len(body)}
		return tooLarge("event"), envelope.Envelope{}
	}
	e, err := envelope.FromStore(body)
	if err != nil {
		return refuse(http.StatusBadRequest, "invalid JSON data", "the body is no event"), e
	}
	id, refused := eventID(e)
	if refused != nil {
		return refuse(http.StatusBadRequest, "invalid JSON data", "invalid event identifier"), e
	}
	record.Raw, record.EventID = body, id
	return decision{accepted: true, status: http.StatusOK, id: id}, e
}

func (r *Receiver) decideEnvelope(body []byte, auth credentials, record *Record) (decision, envelope.Envelope) {
	e, err := envelope.Split(body)
	if errors.Is(err, envelope.ErrEmpty) || errors.Is(err, envelope.ErrHeader) {
		return invalidEnvelope(err), e
	}
	// Credentials come before broken items, as they may stand in the header.
	if refused := r.judgeHeaderDSN(e.DSN(), auth, record); refused != nil {
		return *refused, e
	}
	if err != nil {
		return invalidEnvelope(err), e
	}
	if offender := overLimit(e.Items); offender != "" {
		record.Over = largest(e.Items, offender)
		return tooLarge(offender), e
	}
	id, refused := eventID(e)
	if refused != nil {
		return *refused, e
	}
	record.Raw, record.EventID = body, id
	return decision{accepted: true, status: http.StatusOK, id: id}, e
}

// judgeHeaderDSN reads the DSN of the envelope's header: it authenticates a
// request that does not otherwise, and must not contradict one that does.
func (r *Receiver) judgeHeaderDSN(raw string, auth credentials, record *Record) *decision {
	if raw == "" {
		if auth.source == "" {
			return missingAuth()
		}
		return nil
	}
	parsed, err := dsn.Parse(raw)
	if auth.source == "" {
		if err != nil {
			d := refuse(http.StatusUnauthorized, "bad envelope authentication header", "invalid dsn")
			return &d
		}
		record.Auth = SourceEnvelope
		if parsed.ProjectID != record.Project {
			d := mismatch("project id")
			return &d
		}
		return r.judgeKey(credentials{key: parsed.PublicKey}, record.Project)
	}
	var d decision
	switch {
	case err != nil:
		d = refuse(http.StatusBadRequest, "invalid event envelope", "invalid envelope header", "invalid dsn")
	case parsed.ProjectID != record.Project:
		d = mismatch("project id")
	case !strings.EqualFold(parsed.PublicKey, auth.key):
		d = mismatch("public key")
	default:
		return nil
	}
	return &d
}

func mismatch(what string) decision {
	return refuse(http.StatusBadRequest, "invalid event envelope", what+" header mismatch between envelope and request")
}

// eventID is the id that the answer names: the header's, else that of the
// event; a new one for an event without; none where there is no event.
func eventID(e envelope.Envelope) (string, *decision) {
	if given := e.EventID(); given != "" {
		id, ok := normalID(given)
		if !ok {
			d := refuse(http.StatusBadRequest, "invalid event envelope", "invalid envelope header", "invalid event identifier")
			return "", &d
		}
		return id, nil
	}
	for _, item := range e.Items {
		if item.Type != "event" && item.Type != "transaction" {
			continue
		}
		var event struct {
			ID string `json:"event_id"`
		}
		if json.Unmarshal(item.Payload, &event) == nil {
			if id, ok := normalID(event.ID); ok {
				return id, nil
			}
		}
		var random [16]byte
		_, _ = rand.Read(random[:]) // it never fails (crypto/rand)
		return hex.EncodeToString(random[:]), nil
	}
	return "", nil
}

// normalID is an event id as 32 lower-case digits; dashes are left out.
func normalID(id string) (string, bool) {
	if strings.Contains(id, "-") {
		id = strings.ReplaceAll(id, "-", "")
	}
	id = strings.ToLower(id)
	return id, wellFormed(id)
}

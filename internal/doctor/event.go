package doctor

import (
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/bookedbarber/bbctl/internal/envelope"
	"github.com/bookedbarber/bbctl/monitoring/scrub"
)

// errSecretInEvent keeps an event here that would take something along.
var errSecretInEvent = errors.New("the test event would carry something secret, in the release or the environment")

// testEvent is one event that alarms nobody: of level info, marked by tags,
// and of one issue for ever. It is looked through before it is sent.
func (p *Patient) testEvent() (raw []byte, id string, err error) {
	id = randomID()
	now := p.o.Now().UTC().Format(time.RFC3339Nano)
	event := map[string]any{
		"event_id": id, "timestamp": now, "platform": "other", "level": "info", "logger": "bbctl",
		"message":     map[string]string{"formatted": "bbctl doctor: a test event, monitoring works"},
		"tags":        map[string]string{"bbctl_test": "true", "bbctl_run": randomID()[:12], "business_area": "bbctl-test"},
		"fingerprint": []string{"bbctl-test"},
		"environment": p.o.Config.Environment(),
		"sdk":         map[string]string{"name": "bbctl", "version": p.o.Version},
	}
	if release := p.o.Config.Release().Value; release != "" {
		event["release"] = release
	}
	payload, err := json.Marshal(event)
	if err != nil {
		return nil, "", fmt.Errorf("making the test event: %w", err)
	}
	raw, err = envelope.Append(nil, map[string]any{"event_id": id, "sent_at": now}, envelope.Item{Type: "event", Payload: payload})
	if err != nil {
		return nil, "", fmt.Errorf("making the test event: %w", err)
	}
	if len(scrub.Default().Audit(raw)) > 0 {
		return nil, "", errSecretInEvent
	}
	return raw, id, nil
}

// randomID is a new id of 32 hexadecimal digits.
func randomID() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails (crypto/rand)
	return hex.EncodeToString(b[:])
}

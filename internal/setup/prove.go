package setup

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"time"

	"github.com/bookedbarber/bbctl/internal/cause"
	"github.com/bookedbarber/bbctl/internal/envelope"
	"github.com/bookedbarber/bbctl/internal/probe"
	"github.com/bookedbarber/bbctl/internal/prompt"
	"github.com/bookedbarber/bbctl/monitoring/scrub"
)

// prove sends one test event to the DSN that was written, and judges what the
// server says: an SDK would call all of it a success.
func (w *wizard) prove(ctx context.Context, a *answers) Proof {
	p := Proof{Host: a.dsn.Address()}
	switch {
	case w.o.NoProof:
		p.Reason = "--no-proof"
		return p
	case len(w.result.Unread) > 0:
		p.Reason = "the application would not see its settings"
		return p
	}
	raw, id, err := w.testEvent(a)
	if err != nil {
		p.Reason = err.Error()
		return p
	}
	if w.asking() {
		w.show().say("sending one test event to " + p.Host + " …")
	}
	answer := probe.Send(ctx, probe.Target{DSN: a.dsn, Client: "bbctl/" + w.o.Version, Now: w.o.Now, Proxy: w.cfg.Proxy}, raw, id)
	if w.o.LocalDSN != "" && answer.Cause == cause.TCPRefused {
		p.Reason = "the receiver is not running yet"
		return p
	}
	p.Sent, p.EventID, p.Status, p.Latency = true, id, answer.Status, answer.Latency
	p.Cause, p.Detail, p.Fix = answer.Cause, answer.Detail, answer.Fix
	return p
}

// testEvent is one event that alarms nobody: of level info, marked by tags,
// and of one issue for ever. It is looked through before it is sent.
func (w *wizard) testEvent(a *answers) (raw []byte, id string, err error) {
	id, run := randomID(), randomID()[:12]
	now := w.o.Now().UTC()
	event := map[string]any{
		"event_id": id, "timestamp": now.Format(time.RFC3339Nano), "platform": "other", "level": "info", "logger": "bbctl",
		"message":     map[string]string{"formatted": "bbctl setup: a test event, monitoring works"},
		"tags":        map[string]string{"bbctl_test": "true", "bbctl_run": run, "business_area": "bbctl-test"},
		"fingerprint": []string{"bbctl-test"},
		"environment": a.environment.value,
		"sdk":         map[string]string{"name": "bbctl", "version": w.o.Version},
	}
	if release := w.cfg.Release().Value; release != "" {
		event["release"] = release
	}
	payload, err := json.Marshal(event)
	if err != nil {
		return nil, "", fmt.Errorf("making the test event: %w", err)
	}
	item := envelope.Item{Type: "event", Payload: payload}
	raw, err = envelope.Append(nil, map[string]any{"event_id": id, "sent_at": now.Format(time.RFC3339Nano)}, item)
	if err != nil {
		return nil, "", fmt.Errorf("making the test event: %w", err)
	}
	if found := scrub.Default().Audit(raw); len(found) > 0 {
		return nil, "", fmt.Errorf("the test event would carry something secret (in the release or the environment), so it was not sent")
	}
	return raw, id, nil
}

// randomID is a new id of 32 hexadecimal digits.
func randomID() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails (crypto/rand)
	return hex.EncodeToString(b[:])
}

// The choices after a failed proof.
const (
	choiceAgain = iota
	choiceRestore
	choiceKeep
)

// afterProof offers to go back where the server did not take the event.
func (w *wizard) afterProof(ctx context.Context) (again bool, err error) {
	p := w.result.Proof
	if !w.asking() || !p.Sent || p.Accepted() {
		return false, nil
	}
	w.show().notice(Notice{Severity: cause.Fail, Cause: p.Cause, Text: p.Detail, Fix: p.Fix})
	restored := "as it was before"
	if !w.result.Written {
		restored = "as it is"
	}
	choice, err := w.o.Prompter.Select(ctx, prompt.Select{
		Message: "The test event was not accepted. What now?",
		Options: []prompt.Option{
			{Name: "answer again", Note: "puts " + w.place.shown + " back and starts over"},
			{Name: "put it back", Note: "leaves " + w.place.shown + " " + restored},
			{Name: "keep it", Note: "leaves " + w.place.shown + " as it was just written; bbctl setup --undo puts it back later"},
		},
	})
	if err != nil {
		w.sayWritten()
		return false, err
	}
	if choice == choiceKeep {
		return false, nil
	}
	if err := w.restore(ctx); err != nil {
		return false, err
	}
	w.result.Undone = choice == choiceRestore
	return choice == choiceAgain, nil
}

// sayWritten leaves nobody in doubt about the file where the run ends early.
func (w *wizard) sayWritten() {
	if w.result.Written {
		w.show().say(w.place.shown + " is written; bbctl setup --undo puts it back")
	}
}

// next is what remains to be done, and why.
func (w *wizard) next(a *answers) []Step {
	var steps []Step
	if w.o.LocalDSN != "" {
		steps = append(steps, Step{"bbctl receive", "starts the receiver: a local Sentry that shows what arrives"})
	}
	steps = append(steps, Step{"bbctl explain init", "the sentry_sdk.init(…) for FastAPI and Celery, and the Go call, that pass on the rates and PII"})
	if a.dsn.Loopback() && w.o.LocalDSN != "" {
		return append(steps, Step{"bbctl test --local", "proves the whole integration without an account"})
	}
	return append(steps, Step{"bbctl test", "proves the whole integration, not only that an event is taken"})
}

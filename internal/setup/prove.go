package setup

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
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
		p.Reason, p.Withheld = err.Error(), true
		return p
	}
	if w.asking() {
		w.show().say("sending one test event to " + p.Host + " …")
	}
	answer := probe.Send(ctx, probe.Target{DSN: a.dsn, Client: "bbctl/" + w.o.Version, Now: w.o.Now, Proxy: w.cfg.Proxy}, raw, id)
	if a.dsnSetting.value == w.o.ReceiverDSN && answer.Cause == cause.TCPRefused {
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
		return nil, "", errors.New("it would carry something secret, in the release or the environment")
	}
	return raw, id, nil
}

// randomID is a new id of 32 hexadecimal digits.
func randomID() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails (crypto/rand)
	return hex.EncodeToString(b[:])
}

// afterProof offers to go back where the settings have no effect.
func (w *wizard) afterProof(ctx context.Context) (again bool, err error) {
	p := w.result.Proof
	if !w.asking() || !w.result.failed() {
		return false, nil
	}
	message := "The test event was not accepted. What now?"
	switch {
	case p.Sent:
		w.show().notice(Notice{Severity: cause.Fail, Cause: p.Cause, Text: p.Detail, Fix: p.Fix})
	case p.Withheld:
		message = "The test event was not sent: " + p.Reason + ". What now?"
	default:
		message = "The application would not see what was written. What now?"
	}
	choice, err := w.whatNow(ctx, message)
	if err == nil && choice == choiceKeep {
		return false, nil
	}
	// Who goes away wants nothing to be done, as at every question.
	written := w.result.Written
	if restoring := w.restore(context.WithoutCancel(ctx)); restoring != nil {
		return false, restoring
	}
	w.restored = written
	if written && (err != nil || choice == choiceAgain) {
		w.show().say(w.place.shown + " is as it was before")
	}
	w.result.Undone = written && choice == choiceRestore && err == nil
	if w.result.Project.Written {
		w.result.Project.Written, w.result.Project.Reason = false, "it was put back"
	}
	return choice == choiceAgain && err == nil, err
}

// The choices after a failed proof, in the order in which they are offered.
const (
	choiceAgain = iota
	choiceRestore
	choiceKeep
)

func (w *wizard) whatNow(ctx context.Context, message string) (int, error) {
	name := w.place.shown
	q := prompt.Select{Message: message, Options: []prompt.Option{
		{Name: "answer again", Note: "puts " + name + " back and starts over"},
		{Name: "put it back", Note: "leaves " + name + " as it was before"},
		{Name: "keep it", Note: "leaves " + name + " as it was just written; " + UndoCommand(w.o.EnvFile) + " puts it back later"},
	}}
	if !w.result.Written {
		q.Options = []prompt.Option{{Name: "answer again", Note: "starts over"}, {Name: "leave it", Note: name + " is as it was before"}}
	}
	return w.o.Prompter.Select(ctx, q)
}

// UndoCommand is the command that undoes the last run for a file, as it was
// named; empty: the one that is found.
func UndoCommand(envFile string) string { return commandFor("bbctl setup --undo", envFile) }

// commandFor is a command of setup with the .env file, as it was named.
func commandFor(command, envFile string) string {
	switch {
	case envFile == "":
		return command
	case strings.Trim(envFile, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_./-") == "":
		return command + " --env-file " + envFile
	}
	return command + " --env-file '" + strings.ReplaceAll(envFile, "'", `'\''`) + "'"
}

// next is what remains to be done, and why.
func (w *wizard) next(a *answers) []Step {
	var steps []Step
	p, local := w.result.Proof, a.dsnSetting.value == w.o.ReceiverDSN
	if local && !p.Accepted() {
		steps = append(steps, Step{"bbctl receive", "starts the receiver: a local Sentry that shows what arrives"})
	}
	if p.Sent && !p.Accepted() {
		steps = append(steps,
			Step{"bbctl explain " + string(p.Cause), "why the test event was not accepted"},
			Step{"bbctl setup", "proves it again, or takes other answers"})
	}
	steps = append(steps, w.projectSteps()...)
	steps = append(steps, Step{"bbctl explain init", "the sentry_sdk.init(…) for FastAPI and Celery, and the Go call, that pass on the rates and PII"})
	if local {
		return append(steps, Step{"bbctl test --local", "proves the whole integration without an account"})
	}
	if w.result.Project.Written {
		return append(steps, Step{"bbctl test", "proves the whole integration, and judges what " + enumerated(w.result.Project.Commands) + " really sends"})
	}
	return append(steps, Step{"bbctl test", "proves the whole integration, not only that an event is taken"})
}

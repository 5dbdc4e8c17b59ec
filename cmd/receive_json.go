package cmd

import (
	"encoding/json"
	"io"
	"time"

	"github.com/bookedbarber/bbctl/internal/receiver"
)

// receiveJSON shows one object a line: version 1 of `bbctl receive`'s JSON.
// Every object has the fields of receivedObject.
type receiveJSON struct {
	out    io.Writer
	redact func(string) string
}

// receivedObject is what every line has.
type receivedObject struct {
	Version int    `json:"version"`
	Kind    string `json:"kind"` // listening, item, refused, missed, ended
}

// receivedStart is the first line.
type receivedStart struct {
	receivedObject
	Address string `json:"address"`
	DSN     string `json:"dsn"` // whole: the receiver's key is no secret
}

// receivedRequest is how a request came.
type receivedRequest struct {
	Seq     uint64    `json:"seq"` // number of the request, from 1
	Time    time.Time `json:"time"`
	Method  string    `json:"method"`
	Path    string    `json:"path"`
	Project string    `json:"project"` // empty for Spotlight's copies
	SDK     string    `json:"sdk"`     // such as sentry.python/2.18.0
	Status  int       `json:"status"`  // of the answer
}

// receivedItem is one item of an envelope that was accepted.
type receivedItem struct {
	receivedObject
	receivedRequest
	Item        int    `json:"item"` // place in its envelope, from 0
	Type        string `json:"type"`
	EventID     string `json:"event_id"`
	Level       string `json:"level"`
	Title       string `json:"title"` // redacted
	Op          string `json:"op"`    // of a transaction or span
	Environment string `json:"environment"`
	Release     string `json:"release"`
	Size        int    `json:"size"`  // bytes of the payload
	Count       int    `json:"count"` // spans of a transaction, elements of a container; else 1
	Decoded     bool   `json:"decoded"`
}

// receivedRefusal is a request that was not accepted.
type receivedRefusal struct {
	receivedObject
	receivedRequest
	Reason string `json:"reason"`
}

// receivedGap stands where requests came faster than they could be written.
type receivedGap struct {
	receivedObject
	Requests uint64 `json:"requests"`
}

// receivedEnd is the last line.
type receivedEnd struct {
	receivedObject
	Accepted      uint64            `json:"accepted"` // requests
	Refused       uint64            `json:"refused"`
	Items         map[string]uint64 `json:"items"` // by type
	Forwarded     uint64            `json:"forwarded"`
	ForwardFailed uint64            `json:"forward_failed"`
}

func object(kind string) receivedObject { return receivedObject{Version: 1, Kind: kind} }

func (p *receiveJSON) listening(address, dsn string) error {
	return p.write(receivedStart{object("listening"), address, dsn})
}

func (p *receiveJSON) record(r *receiver.Record) error {
	request := receivedRequest{
		Seq: r.Seq, Time: r.Time.UTC(), Method: r.Method, Path: p.redact(r.Path), Project: r.Project,
		SDK: p.redact(clientOf(r)), Status: r.Status,
	}
	if !r.Accepted {
		return p.write(receivedRefusal{object("refused"), request, p.redact(r.Reason)})
	}
	summaries, err := r.Summaries()
	if err != nil { // it was taken, so it is shown
		return p.write(receivedItem{receivedObject: object("item"), receivedRequest: request, Type: string(r.Kind), Size: len(r.Raw)})
	}
	for i, s := range summaries {
		err := p.write(receivedItem{
			receivedObject: object("item"), receivedRequest: request, Item: i,
			Type: p.redact(s.Type), EventID: p.redact(s.EventID), Level: p.redact(s.Level), Title: p.redact(s.Title), Op: p.redact(s.Op),
			Environment: p.redact(s.Environment), Release: p.redact(s.Release), Size: s.Size, Count: s.Count, Decoded: s.Err == nil,
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func (p *receiveJSON) missed(requests uint64) error {
	return p.write(receivedGap{object("missed"), requests})
}

func (p *receiveJSON) ended(s receiver.Stats) error {
	items := s.Items
	if items == nil {
		items = map[string]uint64{}
	}
	return p.write(receivedEnd{object("ended"), s.Accepted, s.Rejected, items, s.Forwarded, s.ForwardFailed})
}

func (p *receiveJSON) write(line any) error {
	encoder := json.NewEncoder(p.out)
	encoder.SetEscapeHTML(false)
	return encoder.Encode(line)
}

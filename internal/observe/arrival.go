package observe

import (
	"bytes"
	"regexp"
	"strings"
	"sync"

	"github.com/bookedbarber/bbctl/internal/envelope"
	"github.com/bookedbarber/bbctl/internal/receiver"
	"github.com/bookedbarber/bbctl/monitoring/scrub"
)

// arrival is one request, decoded. It lives until it is counted.
type arrival struct {
	record    *receiver.Record
	header    envelope.Header
	items     []envelope.Item
	sizes     []Size
	events    []*envelope.Event // and transactions; Type tells
	discarded []envelope.Discarded
	profile   bool
	checkIns  int
	profiles  int
	private   []Private
}

// decode decodes what a judgement needs. What cannot be decoded is counted by
// its type alone: it has arrived.
func decode(r *receiver.Record) *arrival {
	a := &arrival{record: r}
	if !r.Accepted {
		return a
	}
	e, err := r.Envelope()
	if err != nil {
		return a
	}
	a.items = e.Items
	if header, err := e.Header(); err == nil {
		a.header = header
	}
	for _, item := range e.Items {
		a.take(item)
	}
	a.audit()
	return a
}

func (a *arrival) take(item envelope.Item) {
	a.sizes = append(a.sizes, Size{item.Type, int64(len(item.Payload))})
	switch item.Type {
	case "event":
		if event, err := item.Event(); err == nil {
			event.Type = ""
			a.events = append(a.events, event)
		}
	case transactionType:
		if event, err := item.Transaction(); err == nil {
			event.Type = transactionType
			a.events = append(a.events, event)
		}
	case "client_report":
		if report, err := item.ClientReport(); err == nil {
			a.discarded = append(a.discarded, report.Discarded...)
		}
	case "profile", "profile_chunk":
		a.profiles++
		a.profile = a.profile || item.Type == "profile"
	case "check_in":
		a.checkIns++
	}
}

// audit finds personal and secret data. The items are looked at one by one: an
// envelope's header holds the receiver's own key, which is no secret.
func (a *arrival) audit() {
	for _, item := range a.items {
		if item.Type == "attachment" {
			continue // a file is what it is: nobody's context that can be cleaned
		}
		payload := withoutKnown(item.Payload)
		for _, f := range scrub.Default().Audit(payload) {
			if ofSource(f) || ofCount(f, payload) {
				continue
			}
			a.private = append(a.private, Private{ItemType: short(item.Type, longestName), Path: place(f.Path), Kind: string(f.Kind)})
		}
	}
}

// withoutKnown leaves out what looks secret and is known not to be: the key of
// a DSN, which in the environment that WSGI has in a frame is the one that bbctl
// gave, or else a fault of its own kind that other judgements name; and the
// scripts that clients of Redis load, with a variable called token.
func withoutKnown(payload []byte) []byte {
	if bytes.Contains(payload, []byte("@")) {
		payload = keyOfDSN().ReplaceAll(payload, []byte("$1"))
	}
	if bytes.Contains(payload, []byte(`"SCRIPT LOAD `)) {
		payload = redisScript().ReplaceAll(payload, []byte(`"SCRIPT LOAD"`))
	}
	return payload
}

var (
	keyOfDSN    = pattern(`(https?://)[0-9a-f]{32}@`)
	redisScript = pattern(`"SCRIPT LOAD (?:[^"\\]|\\.)*"`)
)

// ofSource says whether something was found in lines of the source code: an
// address or a number there is nobody's. A password is one wherever it stands.
func ofSource(f scrub.Finding) bool {
	switch f.Kind {
	case scrub.Card, scrub.Email, scrub.Phone, scrub.IBAN, scrub.IP, scrub.SSN, scrub.UserName:
		return sourceLine().MatchString(f.Path)
	default:
		return false
	}
}

// ofCount says whether what could be a card's number is a JSON number of a field
// that says nothing of cards: a time in nanoseconds, an id. Cards are texts.
func ofCount(f scrub.Finding, payload []byte) bool {
	before := bytes.TrimRight(payload[:min(f.Offset, len(payload))], " \t\r\n")
	return f.Kind == scrub.Card && len(before) > 0 && before[len(before)-1] != '"' &&
		bytes.IndexByte([]byte(":,["), before[len(before)-1]) >= 0 && !ofCards().MatchString(f.Path)
}

var ofCards = pattern(`(?i)card|\bpan\b|\bcc`)

var sourceLine = pattern(`\.(?:pre_context\[\d+\]|context_line|post_context\[\d+\])$`)

// place is a path without the numbers of its elements: what stands in every
// frame's variables is one place.
func place(path string) string { return element().ReplaceAllString(path, "[]") }

var element = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`\[[0-9]+\]`) })

// owner is the number of the project that a request belongs to: that of its
// path, and for Spotlight's copies what stands before /stream.
func owner(r *receiver.Record) string {
	if r.Kind == receiver.KindStream {
		return strings.Trim(strings.TrimSuffix(strings.TrimSuffix(r.Path, "/"), "/stream"), "/")
	}
	return r.Project
}

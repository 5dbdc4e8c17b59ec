package verify

import (
	"bytes"
	"fmt"
	"strings"

	"github.com/bookedbarber/bbctl/internal/envelope"
	"github.com/bookedbarber/bbctl/internal/receiver"
)

// arrival is what came to the receiver during a scenario.
type arrival struct {
	records              []*receiver.Record
	events, transactions []*envelope.Event
	profiles             int
	rates                []string       // sample_rate of the transactions' trace headers
	discards             map[string]int // "reason category" of client reports
	rejected             []string
	largest              int // bytes of the largest event
	unreadable           int
}

// arrived decodes what came.
func arrived(records []*receiver.Record) *arrival {
	a := &arrival{records: records, discards: map[string]int{}}
	for _, record := range records {
		if !record.Accepted {
			a.rejected = append(a.rejected, fmt.Sprintf("%d %s", record.Status, record.Reason))
			continue
		}
		env, err := record.Envelope()
		if err != nil {
			a.unreadable++
			continue
		}
		for _, item := range env.Items {
			a.take(env, item)
		}
	}
	return a
}

func (a *arrival) take(env envelope.Envelope, item envelope.Item) {
	switch item.Type {
	case "event":
		if event, err := item.Event(); err == nil {
			a.events = append(a.events, event)
			a.largest = max(a.largest, len(item.Payload))
			return
		}
		a.unreadable++
	case "transaction":
		event, err := item.Transaction()
		if err != nil {
			a.unreadable++
			return
		}
		a.transactions = append(a.transactions, event)
		if header, err := env.Header(); err == nil {
			a.rates = append(a.rates, header.Trace["sample_rate"])
		}
	case "profile", "profile_chunk":
		a.profiles++
	case "client_report":
		report, err := item.ClientReport()
		if err != nil {
			return
		}
		for _, d := range report.Discarded {
			a.discards[d.Reason+" "+d.Category] += d.Quantity
		}
	}
}

// fieldOf finds a field that the application was given, wherever it has put
// it: an application chooses its own contexts, tags and extras. The places of
// the SDK's own do not count.
func fieldOf(event *envelope.Event, name string) string {
	if value, ok := event.Tags[name]; ok {
		return value
	}
	for context, fields := range event.Contexts {
		switch context {
		case "trace", "runtime", "os", "device", "browser":
			continue
		}
		if value := within(fields, name); value != "" {
			return value
		}
	}
	if value := within(event.Extra, name); value != "" {
		return value
	}
	for tag, value := range event.Tags {
		if strings.HasSuffix(tag, "."+name) || strings.HasSuffix(tag, "_"+name) {
			return value
		}
	}
	return ""
}

// within looks for a field in a mapping and in those inside it.
func within(fields map[string]any, name string) string {
	if value, ok := fields[name]; ok && value != nil {
		return fmt.Sprint(value)
	}
	for _, value := range fields {
		if inner, ok := value.(map[string]any); ok {
			if found := within(inner, name); found != "" {
				return found
			}
		}
	}
	return ""
}

// texts are the values of an event's exceptions, and its message.
func texts(event *envelope.Event) []string {
	all := []string{event.Message}
	for _, exception := range event.Exceptions {
		all = append(all, exception.Value)
	}
	return all
}

// mentions says whether a text stands anywhere in an event.
func mentions(event *envelope.Event, text string) bool {
	return bytes.Contains(event.Raw, []byte(text))
}

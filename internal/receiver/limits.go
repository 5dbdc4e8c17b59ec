package receiver

import "github.com/bookedbarber/bbctl/internal/envelope"

// maxEvent is how large an event may be, in bytes.
const maxEvent = 1 << 20

// limit bounds the items of a class in one envelope.
type limit struct {
	size  int // bytes of one item, and of all together unless total says more
	total int // bytes of all together; 0: the same as size
	count int
}

// class is what an item counts as, and its limit (relay-server utils/sizes.rs
// with the defaults of relay-config). Unknown types are not limited.
func class(kind string) (string, limit) {
	switch kind {
	case "event", "transaction", "security", "raw_security", "replay_event", "feedback", "form_data":
		return "event", limit{size: maxEvent, count: 1}
	case "attachment", "unreal_report", "user_report":
		return "attachment", limit{size: 200 << 20, count: 30}
	case "session", "sessions":
		return "session", limit{size: 10 << 20, count: 100}
	case "client_report":
		return kind, limit{size: 100 << 10, count: 100}
	case "profile", "profile_chunk":
		return "profile", limit{size: 50 << 20, count: 1}
	case "check_in":
		return kind, limit{size: 100 << 10, count: 1}
	case "replay_recording", "replay_video":
		return kind, limit{size: 10 << 20, count: 1}
	case "statsd", "metric_buckets":
		return kind, limit{size: 1 << 20, count: 1}
	case "log":
		return kind, limit{size: 2 << 20, total: 12 << 20, count: 1}
	case "trace_metric":
		return kind, limit{size: 1 << 20, total: 12 << 20, count: 1}
	case "span":
		return kind, limit{size: 10 << 20, total: 12 << 20, count: 1}
	default:
		return "", limit{}
	}
}

// maxSpans is how many spans may stand in an envelope as items of their own,
// outside of a container.
const maxSpans = 25

// overLimit returns the type of the first item that is over a limit, or "". Of
// a container its elements count, on average, as in Relay.
func overLimit(items []envelope.Item) string {
	type used struct{ size, count int }
	var sums map[string]used
	for _, item := range items {
		name, l := class(item.Type)
		if name == "" {
			continue
		}
		size := len(item.Payload)
		if l.total == 0 {
			l.total = l.size
		} else if n := elements(item); n > 0 {
			size /= n
		} else if item.Type == "span" {
			name, l.count = "spans", maxSpans
		}
		if size > l.size || len(item.Payload) > l.total {
			return item.Type
		}
		if len(items) == 1 {
			return ""
		}
		if sums == nil {
			sums = map[string]used{}
		}
		sum := used{sums[name].size + len(item.Payload), sums[name].count + 1}
		if sum.size > l.total || sum.count > l.count {
			return item.Type
		}
		sums[name] = sum
	}
	return ""
}

// largest is the largest item of a type.
func largest(items []envelope.Item, kind string) *Over {
	over := &Over{ItemType: kind}
	for _, item := range items {
		if item.Type == kind {
			over.Bytes = max(over.Bytes, len(item.Payload))
		}
	}
	return over
}

// elements is how many elements a container says it has, 0 for what is none.
func elements(item envelope.Item) int {
	header, err := item.Header()
	if err != nil {
		return 0
	}
	return max(header.ItemCount, 0)
}

package monitoring

import (
	"bytes"
	"encoding/json"
	"fmt"
)

// maxPayload is how large an event may be before it is scrubbed, in bytes.
// Sentry refuses one over 1 MiB, whole; the marks that scrubbing leaves may be
// longer than what they stand for.
const maxPayload = 960 << 10

// What the SDK has no place for travels in what it has, behind keys that
// nobody else uses, and is put right here, in the serialized event. Both are
// flat objects of texts, so that no event needs to be decoded for it.
const (
	// userMark is the first key of user.data, since keys are sorted. The
	// Python SDK puts the further fields of a user beside the id.
	userMark = "!bbctl"
	// headKey is the context in which a transaction carries the trace header
	// of its envelope. The SDK would make one up: with a rate of 1, which
	// spoils the server's extrapolation, and without regard to the caller's.
	headKey = "!bbctl.trace"
)

// reshape brings a serialized event into the form in which it is sent: the
// user's fields beside the id, and no larger than Sentry takes. It returns the
// trace header for the envelope, nil where the event has none.
func reshape(payload []byte) (shaped []byte, trace json.RawMessage, err error) {
	payload = liftUser(payload)
	payload, trace = takeHead(payload)
	if len(payload) <= maxPayload {
		return payload, trace, nil
	}
	var event map[string]json.RawMessage
	if err := json.Unmarshal(payload, &event); err != nil {
		return nil, nil, err
	}
	if err := shrink(event, len(payload)); err != nil {
		return nil, nil, err
	}
	shaped, err = json.Marshal(event)
	return shaped, trace, err
}

// liftUser moves the fields of user.data up into user.
func liftUser(payload []byte) []byte {
	mark := []byte(`"data":{"` + userMark + `":"",`)
	start := bytes.Index(payload, mark)
	if start < 0 {
		return payload
	}
	from := start + len(mark)
	end := flatEnd(payload, from)
	if end < 0 {
		return payload
	}
	out := make([]byte, 0, len(payload))
	out = append(out, payload[:start]...)
	out = append(out, payload[from:end]...)
	return append(out, payload[end+1:]...)
}

// takeHead takes the envelope's trace header out of a transaction's contexts.
func takeHead(payload []byte) ([]byte, json.RawMessage) {
	mark := []byte(`"` + headKey + `":{`)
	start := bytes.Index(payload, mark)
	if start < 0 {
		return payload, nil
	}
	end := flatEnd(payload, start+len(mark))
	if end < 0 {
		return payload, nil
	}
	trace := bytes.Clone(payload[start+len(mark)-1 : end+1])
	if end++; end < len(payload) && payload[end] == ',' {
		end++ // contexts are sorted: another one follows, at least the trace
	}
	out := make([]byte, 0, len(payload))
	return append(append(out, payload[:start]...), payload[end:]...), trace
}

// flatEnd is where an object ends that holds no others, -1 where it does not.
func flatEnd(b []byte, i int) int {
	text := false
	for ; i < len(b); i++ {
		switch {
		case text && b[i] == '\\':
			i++
		case b[i] == '"':
			text = !text
		case !text && b[i] == '}':
			return i
		case !text && (b[i] == '{' || b[i] == '['):
			return -1
		}
	}
	return -1
}

// reheaded is an envelope's header with our trace in the place of the SDK's.
func reheaded(header []byte, trace json.RawMessage) (json.RawMessage, error) {
	if trace == nil && !bytes.Contains(header, []byte(`"trace"`)) {
		return header, nil
	}
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(header, &fields); err != nil {
		return nil, err
	}
	if delete(fields, "trace"); len(trace) > len("{}") {
		fields["trace"] = trace
	}
	return json.Marshal(fields)
}

// shrink leaves parts of an event out, the least needed first, until it is
// small enough, and says in the context "cut" what they were. Budgets keep
// events small while they are made; this is for what they do not see, such as
// the spans of a long transaction.
func shrink(event map[string]json.RawMessage, size int) error {
	left := map[string]string{}
	for _, part := range []string{"breadcrumbs", "spans", "extra", "modules", "threads", "contexts"} {
		if size <= maxPayload {
			break
		}
		raw, ok := event[part]
		if !ok {
			continue
		}
		kept, note := keep(part, raw, len(raw)-(size-maxPayload))
		left[part] = note
		size -= len(raw) - len(kept)
		if event[part] = kept; kept == nil {
			delete(event, part)
		}
	}
	if len(left) == 0 {
		return nil
	}
	contexts := map[string]json.RawMessage{}
	if raw, ok := event["contexts"]; ok {
		if err := json.Unmarshal(raw, &contexts); err != nil {
			return err
		}
	}
	note, err := json.Marshal(left)
	if err != nil {
		return err
	}
	contexts["cut"] = note
	event["contexts"], err = json.Marshal(contexts)
	return err
}

// keep is as much of a list as fits into the room: the first spans, the last
// breadcrumbs. What is no list is left out. Contexts keep the trace, without
// which a transaction is refused.
func keep(part string, raw json.RawMessage, room int) (json.RawMessage, string) {
	if part == "contexts" {
		var contexts map[string]json.RawMessage
		if json.Unmarshal(raw, &contexts) == nil && len(contexts["trace"]) > 0 {
			return json.RawMessage(`{"trace":` + string(contexts["trace"]) + `}`), fmt.Sprintf("all but the trace, %d bytes", len(raw))
		}
	}
	var list []json.RawMessage
	if json.Unmarshal(raw, &list) != nil {
		return nil, fmt.Sprintf("all, %d bytes", len(raw))
	}
	whole := len(list)
	for used, i := 2, 0; i < whole; i++ {
		next := list[i]
		if part == "breadcrumbs" {
			next = list[whole-1-i]
		}
		if used += len(next) + 1; used <= room {
			continue
		}
		if part == "breadcrumbs" {
			list = list[whole-i:]
		} else {
			list = list[:i]
		}
		break
	}
	kept, err := json.Marshal(list)
	if err != nil {
		return nil, fmt.Sprintf("all, %d bytes", len(raw))
	}
	return kept, fmt.Sprintf("%d of %d kept", len(list), whole)
}

package envelope

import (
	"bytes"
	"compress/zlib"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// maxStored is the largest event that is inflated, in bytes: Relay's limit of
// an event.
const maxStored = 1 << 20

// ErrStored means that a body of /store/ is no event.
var ErrStored = errors.New("invalid JSON data")

// FromStore makes an envelope of the JSON event that SDKs of before 2020 post
// to /store/, plain or, as the oldest do, deflated (zlib) and in base64. The
// event is a transaction where its type says so.
func FromStore(body []byte) (Envelope, error) {
	body = bytes.TrimSpace(body)
	if len(body) == 0 {
		return Envelope{}, ErrEmpty
	}
	if body[0] != '{' {
		var err error
		if body, err = decodeStored(body); err != nil {
			return Envelope{}, err
		}
	}
	var event map[string]json.RawMessage
	if json.Unmarshal(body, &event) != nil || event == nil {
		return Envelope{}, fmt.Errorf("%w: the body is no JSON object", ErrStored)
	}
	kind := "event"
	if stringOf(event["type"]) == "transaction" {
		kind = "transaction"
	}
	header := []byte(`{}`)
	if id := stringOf(event["event_id"]); id != "" {
		var err error
		if header, err = json.Marshal(map[string]string{"event_id": id}); err != nil {
			return Envelope{}, fmt.Errorf("encoding the envelope header: %w", err)
		}
	}
	return Envelope{RawHeader: header, Items: []Item{{
		Type: kind, RawHeader: []byte(`{"type":"` + kind + `"}`), Payload: body,
	}}}, nil
}

// decodeStored reads base64 of JSON, or of deflated JSON.
func decodeStored(body []byte) ([]byte, error) {
	plain := make([]byte, base64.StdEncoding.DecodedLen(len(body)))
	n, err := base64.StdEncoding.Decode(plain, body)
	if err != nil {
		return nil, fmt.Errorf("%w: the body is neither JSON nor base64", ErrStored)
	}
	if plain = plain[:n]; len(plain) > 0 && plain[0] == '{' {
		return plain, nil
	}
	reader, err := zlib.NewReader(bytes.NewReader(plain))
	if err != nil {
		return nil, fmt.Errorf("%w: the body is base64 of neither JSON nor zlib", ErrStored)
	}
	inflated, err := io.ReadAll(io.LimitReader(reader, maxStored+1))
	if err != nil || len(inflated) > maxStored {
		return nil, fmt.Errorf("%w: the body breaks off or inflates beyond %d bytes", ErrStored, maxStored)
	}
	return inflated, nil
}

package envelope

import (
	"bytes"
	"encoding/json"
	"strconv"
	"time"
)

// Time is a time of the wire: seconds since 1970 as a number (or a number in
// quotes), or RFC 3339, with or without a zone.
type Time struct{ time.Time }

// UnmarshalJSON reads either form. What is neither leaves the zero time: a
// bad timestamp must not cost the rest of the event.
func (t *Time) UnmarshalJSON(b []byte) error {
	t.Time = time.Time{}
	value := string(bytes.Trim(b, `"`))
	if seconds, err := strconv.ParseFloat(value, 64); err == nil {
		const largest = 1 << 33 // the year 2242; nanoseconds still fit an int64
		if seconds > -largest && seconds < largest {
			whole := int64(seconds)
			t.Time = time.Unix(whole, int64((seconds-float64(whole))*1e9)).UTC()
		}
		return nil
	}
	for _, layout := range []string{
		time.RFC3339Nano, "2006-01-02T15:04:05.999999999", "2006-01-02 15:04:05.999999999Z07:00", "2006-01-02 15:04:05.999999999",
	} {
		if parsed, err := time.Parse(layout, value); err == nil {
			t.Time = parsed.UTC()
			return nil
		}
	}
	return nil
}

func timeOf(raw json.RawMessage) time.Time {
	var t Time
	lenient(raw, &t)
	return t.Time
}

package monitoring

import (
	"encoding"
	"encoding/json"
	"fmt"
	"math"
	"reflect"
	"strings"
	"time"
	"unicode/utf8"
)

// How much text of each place is sent, in bytes. Sentry trims messages and
// contexts at 8 KiB anyway; what it does not trim it refuses, whole.
const (
	maxMessage = 16 << 10
	maxValue   = 8 << 10
	maxCrumb   = 1 << 10
	maxTag     = 200 // Sentry's own limit
	maxDepth   = 8
	maxFields  = 200
	// maxText bounds the text of one event, so that with everything around it
	// the event stays under Sentry's 1 MiB, also where every byte of it must
	// be escaped as \u00XX.
	maxText = 128 << 10
	// maxTrace is the same for a transaction, which may have 1,000 spans; where
	// that is too much after all, reshape leaves spans out.
	maxTrace = 512 << 10
)

// budget makes values fit for the wire, and keeps an event under its limit.
type budget struct{ left int }

func newBudget() *budget { return &budget{left: maxText} }

// text cuts a text to a limit and to what is left of the budget.
func (b *budget) text(s string, limit int) string {
	s = cut(s, min(limit, max(b.left, 0)))
	b.left -= len(s)
	return s
}

// cut cuts a text to a limit, at the end of a character, and says what was
// cut. What is no UTF-8 is replaced: JSON cannot say it.
func cut(s string, limit int) string {
	whole := len(s)
	if whole > limit {
		for limit > 0 && !utf8.RuneStart(s[limit]) {
			limit--
		}
		s = fmt.Sprintf("%s… (cut: %d of %d bytes)", s[:limit], limit, whole)
	}
	return strings.ToValidUTF8(s, "\uFFFD")
}

// fields makes a map of values fit for the wire. The map itself is not
// changed: it may be shared.
func (b *budget) fields(m map[string]any) map[string]any {
	if m == nil {
		return nil
	}
	out := make(map[string]any, len(m))
	for key, value := range m {
		out[key] = b.value(value, 0)
	}
	return out
}

const tooDeep = "… (cut: too deep)"

// value makes one value fit for the wire, and a copy that nobody else holds.
// The SDK drops all contexts of an event where JSON cannot say one of their
// values.
func (b *budget) value(value any, depth int) any {
	b.left -= 8
	switch v := value.(type) {
	case nil, bool, int, int8, int16, int32, int64, uint, uint8, uint16, uint32, uint64:
		return v
	case string:
		return b.text(v, maxValue)
	case time.Time:
		return v.Format(time.RFC3339Nano)
	case time.Duration:
		return v.String()
	case error:
		return b.text(said(v.Error), maxValue)
	case json.Marshaler, encoding.TextMarshaler:
		return b.encoded(value)
	default:
		return b.reflected(reflect.ValueOf(value), depth)
	}
}

// said calls a method of somebody else, which may panic.
func said(method func() string) (text string) {
	defer func() {
		if r := recover(); r != nil {
			text = fmt.Sprintf("(panicked: %T)", r)
		}
	}()
	return method()
}

func (b *budget) reflected(v reflect.Value, depth int) any {
	if depth == maxDepth {
		return tooDeep
	}
	switch v.Kind() {
	case reflect.Pointer, reflect.Interface:
		if v.IsNil() {
			return nil
		}
		return b.inner(v.Elem(), depth)
	case reflect.String:
		return b.text(v.String(), maxValue)
	case reflect.Bool:
		return v.Bool()
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return v.Int()
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64, reflect.Uintptr:
		return v.Uint()
	case reflect.Float32, reflect.Float64:
		if f := v.Float(); math.IsNaN(f) || math.IsInf(f, 0) {
			return fmt.Sprint(f)
		}
		return v.Float()
	case reflect.Complex64, reflect.Complex128:
		return fmt.Sprint(v.Complex())
	case reflect.Map:
		return b.mapped(v, depth)
	case reflect.Slice, reflect.Array:
		return b.listed(v, depth)
	case reflect.Struct:
		return b.structured(v, depth)
	default: // functions, channels, unsafe pointers
		return fmt.Sprintf("%s (cannot be encoded)", v.Type())
	}
}

// inner is a value inside another: as what it is, where that can be asked.
func (b *budget) inner(v reflect.Value, depth int) any {
	if v.CanInterface() {
		return b.value(v.Interface(), depth+1)
	}
	return b.reflected(v, depth+1)
}

func (b *budget) mapped(v reflect.Value, depth int) any {
	out := make(map[string]any, min(v.Len(), maxFields))
	for entries := v.MapRange(); entries.Next(); {
		if len(out) == maxFields || b.left <= 0 {
			out["…"] = fmt.Sprintf("(cut: %d of %d fields)", len(out), v.Len())
			break
		}
		key := b.text(fmt.Sprint(b.reflected(entries.Key(), depth)), maxTag)
		out[key] = b.inner(entries.Value(), depth)
	}
	return out
}

func (b *budget) listed(v reflect.Value, depth int) any {
	if v.Type().Elem().Kind() == reflect.Uint8 {
		return fmt.Sprintf("%s (%d bytes)", v.Type(), v.Len())
	}
	out := make([]any, 0, min(v.Len(), maxFields))
	for i := range v.Len() {
		if len(out) == maxFields || b.left <= 0 {
			return append(out, fmt.Sprintf("… (cut: %d of %d)", len(out), v.Len()))
		}
		out = append(out, b.inner(v.Index(i), depth))
	}
	return out
}

// structured are the exported fields of a struct, named as JSON names them.
func (b *budget) structured(v reflect.Value, depth int) any {
	out := make(map[string]any, v.NumField())
	for i := range v.NumField() {
		field := v.Type().Field(i)
		name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
		if !field.IsExported() || name == "-" || b.left <= 0 {
			continue
		}
		if name == "" {
			name = field.Name
		}
		b.left -= len(name)
		out[name] = b.inner(v.Field(i), depth)
	}
	return out
}

// encoded lets the value say itself, now, so that nobody changes it while it
// is under way; where it cannot, its type is told.
func (b *budget) encoded(value any) (out any) {
	defer func() {
		if recover() != nil {
			out = fmt.Sprintf("%T (cannot be encoded)", value)
		}
	}()
	raw, err := json.Marshal(value)
	if err != nil {
		return fmt.Sprintf("%T (cannot be encoded)", value)
	}
	if len(raw) > min(maxValue, max(b.left, 0)) {
		return b.text(string(raw), maxValue)
	}
	b.left -= len(raw)
	return json.RawMessage(raw)
}

package monitoring

import "time"

// Thresholds say from when on an operation is slow: longer than Warn is a
// warning, longer than Error an error; one event in either case.
type Thresholds struct{ Warn, Error time.Duration }

// DefaultThresholds are the team's: a query over 1 s is a warning, over 5 s an
// error. Tasks and Redis operations are held to the same. Source: the
// description of BookedBarber's monitoring, "Database Query Monitoring".
func DefaultThresholds() Thresholds {
	return Thresholds{Warn: time.Second, Error: 5 * time.Second}
}

// orDefault fills in what is not set. An error is never milder than a warning.
func (t Thresholds) orDefault() Thresholds {
	d := DefaultThresholds()
	if t.Warn <= 0 {
		t.Warn = d.Warn
	}
	if t.Error <= 0 {
		t.Error = max(d.Error, t.Warn)
	}
	return t
}

// level is the level of an operation that took d, and the threshold that it is
// over; empty where it was fast enough.
func (t Thresholds) level(d time.Duration) (Level, time.Duration) {
	switch {
	case d > t.Error:
		return LevelError, t.Error
	case d > t.Warn:
		return LevelWarning, t.Warn
	default:
		return "", 0
	}
}

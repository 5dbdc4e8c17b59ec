package observe

import (
	"debug/buildinfo"
	"slices"
	"time"
)

// The end of a Go program is held back for holdTime in a second run: what its
// SDK has not sent by then was not waiting to be sent. Once something has
// come, and nothing more for settleTime, it is let go.
const (
	holdTime   = 3 * time.Second
	settleTime = 300 * time.Millisecond
)

const sentryGo = "github.com/getsentry/sentry-go"

// linkedSDK is the Sentry SDK that a program of Go has in it, such as
// "sentry.go/0.50.0"; empty: there is none, or it is no program of Go.
func linkedSDK(path string) string {
	info, err := buildinfo.ReadFile(path)
	if err != nil {
		return ""
	}
	for _, module := range info.Deps {
		if module.Path == sentryGo {
			return "sentry.go/" + trimV(module.Version)
		}
	}
	return ""
}

func trimV(version string) string {
	if len(version) > 1 && version[0] == 'v' {
		return version[1:]
	}
	return version
}

// carries says whether a program may be one that only starts another.
func carries(program string) bool {
	return slices.Contains([]string{
		"sh", "bash", "dash", "ash", "zsh", "busybox", "env", "timeout", "nohup", "setsid", "nice", "make", "go",
	}, program)
}

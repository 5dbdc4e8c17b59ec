package monitoring

import (
	"maps"
	"os"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"strings"

	"github.com/getsentry/sentry-go"
)

// system is what is known of the process and does not change while it lives.
type system struct {
	contexts map[string]sentry.Context // shared by events, never changed
	own      []string                  // modules whose frames are the application's
}

// newSystem looks at the process once. The host's name is in it only where the
// configuration says it: nobody asked for the name of a laptop.
func newSystem(serverName string) system {
	about := sentry.Context{
		"container": inContainer(), "arch": runtime.GOARCH, "num_cpu": runtime.NumCPU(), "go_maxprocs": runtime.GOMAXPROCS(0),
	}
	if serverName != "" {
		about["host"] = serverName
	}
	// The limit that the process was given; without one it is the largest
	// number that there is, which says nothing.
	if limit := debug.SetMemoryLimit(-1); limit > 0 && limit < 1<<50 {
		about["memory_limit_bytes"] = limit
	}
	return system{
		contexts: map[string]sentry.Context{
			"runtime": {"name": "go", "version": runtime.Version()},
			"os":      {"name": runtime.GOOS},
			"system":  about,
		},
		own: ownModules(),
	}
}

// now are the contexts with what does change: memory and goroutines. It does
// not stop the world, as runtime.ReadMemStats does.
func (s system) now() map[string]sentry.Context {
	samples := []metrics.Sample{{Name: "/memory/classes/total:bytes"}, {Name: "/memory/classes/heap/objects:bytes"}}
	metrics.Read(samples)
	about := maps.Clone(s.contexts["system"])
	for i, name := range []string{"memory_bytes", "heap_bytes"} {
		if samples[i].Value.Kind() == metrics.KindUint64 {
			about[name] = samples[i].Value.Uint64()
		}
	}
	about["goroutines"] = runtime.NumGoroutine()
	contexts := make(map[string]sentry.Context, len(s.contexts)+4)
	maps.Copy(contexts, s.contexts)
	contexts["system"] = about
	return contexts
}

// inContainer looks for the marks that Docker, Podman and Kubernetes leave.
func inContainer() bool {
	for _, mark := range []string{"/.dockerenv", "/run/.containerenv", "/var/run/secrets/kubernetes.io/serviceaccount"} {
		if _, err := os.Stat(mark); err == nil {
			return true
		}
	}
	return false
}

// ownModules are the modules that were built from a checkout and not
// downloaded: the main one, and those of a workspace or a replacement.
func ownModules() []string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return nil
	}
	own := []string{info.Main.Path}
	for _, dep := range info.Deps {
		if dep.Version == "(devel)" || dep.Replace != nil && dep.Replace.Version == "" {
			own = append(own, dep.Path)
		}
	}
	return own
}

// inApp says whether a package is the application's own code, and not the
// standard library's or a downloaded module's.
func (s system) inApp(pkg string) bool {
	if pkg == "main" {
		return true
	}
	for _, module := range s.own {
		if rest, ok := strings.CutPrefix(pkg, module); ok && module != "" && (rest == "" || rest[0] == '/' || rest[0] == '_') {
			return true
		}
	}
	return false
}

package monitoringtest_test

import (
	"context"
	"net/http"
	"os"
	"testing"

	"github.com/bookedbarber/bbctl/monitoring"
	"github.com/bookedbarber/bbctl/monitoring/monitoringtest"
)

// newMonitoring is what a service calls when it starts.
func newMonitoring(dsn string) (*monitoring.Client, error) {
	return monitoring.New(monitoring.Config{DSN: dsn, Environment: "production", Release: "bookings@2.1.0"})
}

// newHandler is how it answers requests.
func newHandler(client *monitoring.Client, mux http.Handler) http.Handler {
	return http.TimeoutHandler(client.Middleware(mux), 5e9, "too slow")
}

func TestMonitoring(t *testing.T) {
	t.Parallel()
	monitoringtest.Run(t, newMonitoring,
		monitoringtest.Environment("production"),
		monitoringtest.Middleware(newHandler),
		monitoringtest.Shutdown(func(ctx context.Context, client *monitoring.Client) error { return client.Close(ctx) }),
		monitoringtest.Strict())
}

func ExampleRun() {
	_ = func(t *testing.T) { // in a file of yours that ends in _test.go
		monitoringtest.Run(t, newMonitoring, monitoringtest.Environment("production"))
	}
}

func ExampleRunEnv() {
	_ = func(t *testing.T) { // in a file of yours that ends in _test.go
		monitoringtest.RunEnv(t, func() (*monitoring.Client, error) {
			cfg, _ := monitoring.FromEnv(os.LookupEnv)
			return monitoring.New(cfg)
		})
	}
}

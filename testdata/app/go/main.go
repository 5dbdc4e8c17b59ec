// Payments is the sample application's part in Go: `payments settle` is a job
// that ends, `payments serve ADDRESS` answers requests.
package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/signal"
	"strconv"
	"syscall"
	"time"

	"github.com/getsentry/sentry-go"
	sentryhttp "github.com/getsentry/sentry-go/http"
	"github.com/joho/godotenv"
)

const flushTimeout = 2 * time.Second

var errDeclined = errors.New("the card was declined")

func main() { os.Exit(run(os.Args[1:])) }

// run is apart from main, so that what is deferred runs before the exit.
func run(args []string) int {
	if err := configureSentry(); err != nil {
		fmt.Fprintln(os.Stderr, "payments: sentry:", err)
		return 1
	}
	defer sentry.Flush(flushTimeout)
	defer recoverAndRepanic()
	if len(args) == 2 && args[0] == "serve" {
		return serve(args[1])
	}
	settle(context.Background())
	return 0
}

func configureSentry() error {
	if err := godotenv.Load(); err != nil && !errors.Is(err, os.ErrNotExist) {
		return errors.New("reading .env") // the error would quote the file
	}
	sampleRate, err := rate("SENTRY_SAMPLE_RATE", 1)
	if err != nil {
		return err
	}
	tracesSampleRate, err := rate("SENTRY_TRACES_SAMPLE_RATE", 0.1)
	if err != nil {
		return err
	}
	return sentry.Init(sentry.ClientOptions{
		Environment:      os.Getenv("SENTRY_ENVIRONMENT"),
		SampleRate:       sampleRate,
		EnableTracing:    true,
		TracesSampleRate: tracesSampleRate,
		AttachStacktrace: true,
	})
}

// rate reads a number: the SDK reads no rates from the environment.
func rate(name string, unset float64) (float64, error) {
	text := os.Getenv(name)
	if text == "" {
		return unset, nil
	}
	value, err := strconv.ParseFloat(text, 64)
	if err != nil || value < 0 || value > 1 {
		return 0, fmt.Errorf("%s is %q, expected a number from 0.0 to 1.0", name, text)
	}
	return value, nil
}

// recoverAndRepanic reports a panic and lets it go on: the program ends with
// it, and its trace stands on stderr.
func recoverAndRepanic() {
	if reason := recover(); reason != nil {
		sentry.CurrentHub().Recover(reason)
		sentry.Flush(flushTimeout)
		panic(reason)
	}
}

func settle(ctx context.Context) {
	transaction := sentry.StartTransaction(ctx, "payments settle", sentry.WithOpName("cron"))
	defer transaction.Finish()
	for _, intent := range []string{"pi_1", "pi_2"} {
		if err := charge(intent); err != nil {
			capturePaymentError(err, intent)
		}
	}
}

func charge(intent string) error { return fmt.Errorf("charging %s: %w", intent, errDeclined) }

func capturePaymentError(err error, intent string) {
	sentry.WithScope(func(scope *sentry.Scope) {
		scope.SetTag("business_area", "payments")
		scope.SetContext("payment", sentry.Context{"payment_intent_id": intent, "error_stage": "settlement"})
		sentry.CaptureException(err)
	})
}

// serve answers until it is told to end.
func serve(address string) int {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /health", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, "ok") })
	mux.HandleFunc("POST /payments", func(w http.ResponseWriter, _ *http.Request) {
		if err := charge("pi_42"); err != nil {
			capturePaymentError(err, "pi_42")
			http.Error(w, "try another card", http.StatusBadGateway)
		}
	})
	mux.HandleFunc("GET /boom", func(http.ResponseWriter, *http.Request) { panic("the till is broken") })
	server := &http.Server{Addr: address, Handler: watched(mux), ReadHeaderTimeout: time.Second}

	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	go func() {
		<-ctx.Done()
		_ = server.Shutdown(context.WithoutCancel(ctx)) // its end is the end of ListenAndServe
	}()
	if err := server.ListenAndServe(); !errors.Is(err, http.ErrServerClosed) {
		fmt.Fprintln(os.Stderr, "payments:", err)
		return 1
	}
	return 0
}

// watched reports panics, and makes a transaction of each request.
func watched(handler http.Handler) http.Handler {
	return sentryhttp.New(sentryhttp.Options{Repanic: true}).Handle(handler)
}

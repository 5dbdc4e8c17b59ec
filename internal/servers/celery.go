package servers

import (
	"context"
	_ "embed"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/redis/go-redis/v9"
)

// celeryApp is the application that workers run.
//
//go:embed celery_app.py
var celeryApp []byte

// CeleryOptions are settings of a worker.
type CeleryOptions struct {
	// Name is the part of the worker's name before the @; unset, it is w1.
	Name string
	// Pool is prefork, solo or threads; unset, it is solo, the lightest.
	Pool string
	// Env are further variables, such as "BB_GLOBAL_KEYPREFIX=bb:", which the
	// application reads.
	Env []string
}

// Celery starts a worker on a broker and waits until it takes control
// commands.
func Celery(t testing.TB, brokerURL string, o CeleryOptions) *Process {
	t.Helper()
	Need(t, "python3-celery")
	if o.Name == "" {
		o.Name = "w1"
	}
	if o.Pool == "" {
		o.Pool = "solo"
	}
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "celery_app.py"), celeryApp, 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(python, "-m", "celery", "-A", "celery_app", "worker",
		"-n", o.Name+"@bb", "-P", o.Pool, "-c", "1", "--without-mingle", "--without-gossip", "-l", "info")
	cmd.Dir = dir
	// Nothing of the caller's settings reaches the worker but where programs
	// are.
	cmd.Env = append([]string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + dir, "LANG=C.UTF-8", "PYTHONUNBUFFERED=1", "PYTHONDONTWRITEBYTECODE=1",
		"CELERY_BROKER_URL=" + brokerURL,
	}, o.Env...)
	options, err := redis.ParseURL(brokerURL)
	if err != nil {
		t.Fatal(err)
	}
	broker := redis.NewClient(options)
	defer broker.Close()
	before, err := subscribers(t.Context(), broker)
	if err != nil {
		t.Fatal(err)
	}
	p := launch(t, "celery worker "+o.Name, cmd)
	// It says that it is ready before it has subscribed to control commands.
	eventually(t, p, func(ctx context.Context) error {
		now, err := subscribers(ctx, broker)
		if err == nil && (now <= before || !strings.Contains(p.Log(), o.Name+"@bb ready.")) {
			err = errors.New("it does not listen yet")
		}
		return err
	})
	return p
}

// subscribers counts the clients of a broker that have subscribed to a
// pattern, as workers do for control commands.
func subscribers(ctx context.Context, broker *redis.Client) (int, error) {
	list, err := broker.ClientList(ctx).Result()
	if err != nil {
		return 0, err
	}
	return strings.Count(list, " psub=") - strings.Count(list, " psub=0 "), nil
}

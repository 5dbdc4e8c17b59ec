package servers

import (
	"bytes"
	"context"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"
)

// Superuser is the user of a PostgreSQL that a test has started.
const Superuser = "postgres"

// PostgresServer is a PostgreSQL that a test has started.
type PostgresServer struct {
	*Process
	Address string // HOST:PORT
	Socket  string // folder of its unix socket
	bin     string
}

// PostgresOptions are settings of a PostgreSQL beside those that make it fast.
type PostgresOptions struct {
	// Settings are parameters, such as "max_connections=4".
	Settings []string
	// HBA replaces pg_hba.conf: who may connect from where, and how. Unset,
	// everybody may, without a password.
	HBA string
}

// URL is the URL of a database as a user.
func (p *PostgresServer) URL(user, password, database string) string {
	if password != "" {
		user += ":" + password
	}
	return "postgresql://" + user + "@" + p.Address + "/" + database
}

// Postgres starts a PostgreSQL with an empty database postgres.
func Postgres(t testing.TB, o PostgresOptions) *PostgresServer {
	t.Helper()
	Need(t, "postgresql-15")
	bin, _ := postgresBin()
	// The test's own folder is closed to other users.
	dir, err := os.MkdirTemp("", "bbpg")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	as := unprivileged(t, dir)
	data := filepath.Join(dir, "data")
	initialise(t, bin, data, as)
	if o.HBA != "" {
		if err := os.WriteFile(filepath.Join(data, "pg_hba.conf"), []byte(o.HBA), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	port := freePort(t)
	p := &PostgresServer{Address: net.JoinHostPort("127.0.0.1", strconv.Itoa(port)), Socket: dir, bin: bin}
	args := []string{"-D", data, "-p", strconv.Itoa(port)}
	settings := []string{
		"listen_addresses=127.0.0.1", "unix_socket_directories=" + dir,
		"fsync=off", "synchronous_commit=off", "full_page_writes=off", "shared_buffers=16MB",
	}
	for _, setting := range append(settings, o.Settings...) {
		args = append(args, "-c", setting)
	}
	cmd := exec.Command(filepath.Join(bin, "postgres"), args...)
	cmd.Dir, cmd.SysProcAttr = dir, as
	p.Process = launch(t, "postgres", cmd)
	eventually(t, p.Process, p.ready)
	return p
}

// initialise makes a data folder. It takes half a second: tests do better to
// share a server where they can.
func initialise(t testing.TB, bin, data string, as *syscall.SysProcAttr) {
	t.Helper()
	cmd := exec.Command(filepath.Join(bin, "initdb"), "-D", data, "-U", Superuser, "-A", "trust", "--no-sync", "-E", "UTF8", "--locale=C.UTF-8")
	cmd.Dir, cmd.SysProcAttr = filepath.Dir(data), as
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("initdb: %v\n%s", err, out)
	}
}

// ready asks the way that a client goes.
func (p *PostgresServer) ready(ctx context.Context) error {
	host, port, err := net.SplitHostPort(p.Address)
	if err != nil {
		return err
	}
	return exec.CommandContext(ctx, filepath.Join(p.bin, "pg_isready"), "-q", "-h", host, "-p", port).Run()
}

// Run runs statements as the superuser over the unix socket and returns what
// they print, rows without any decoration.
func (p *PostgresServer) Run(t testing.TB, database, statements string) string {
	t.Helper()
	_, port, err := net.SplitHostPort(p.Address)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), filepath.Join(p.bin, "psql"), "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1",
		"-h", p.Socket, "-p", port, "-U", Superuser, "-d", database, "-c", statements)
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("psql: %v\n%s", err, out)
	}
	return string(bytes.TrimSpace(out))
}

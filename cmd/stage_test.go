package cmd_test

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"flag"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"
	"unicode/utf8"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/bookedbarber/bbctl/internal/dsn"
	"github.com/bookedbarber/bbctl/internal/receiver"
)

// stage is what the commands of one script share.
type stage struct {
	receiver *receiver.Receiver
	process  *background
}

type stageKey struct{}

func stageOf(ts *testscript.TestScript) *stage { return ts.Value(stageKey{}).(*stage) }

// exitsWith runs a command and compares its exit code.
func exitsWith(ts *testscript.TestScript, neg bool, args []string) {
	refuseNeg(ts, neg)
	if len(args) < 2 {
		ts.Fatalf("usage: code N COMMAND …")
	}
	got := 0
	if err := ts.Exec(args[1], args[2:]...); err != nil {
		var exit *exec.ExitError
		if !errors.As(err, &exit) {
			ts.Fatalf("%v", err)
		}
		got = exit.ExitCode()
	}
	if strconv.Itoa(got) != args[0] {
		ts.Fatalf("exit code %d, expected %s\n%s%s", got, args[0], ts.ReadFile("stdout"), ts.ReadFile("stderr"))
	}
}

// startReceiver serves a receiver in this process, with answers by a script
// where flags ask for them.
func startReceiver(ts *testscript.TestScript, neg bool, args []string) {
	refuseNeg(ts, neg)
	flags := flag.NewFlagSet("receiver", flag.ContinueOnError)
	status := flags.Int("status", 0, "of every answer")
	header := flags.String("header", "", "K=V")
	body := flags.String("body", "", "of every answer")
	empty := flags.Bool("empty", false, "no body")
	ts.Check(flags.Parse(args))
	r := receiver.New(receiver.Options{})
	if flags.NFlag() > 0 {
		answer := receiver.Answer{N: -1, Status: *status, Body: *body, Empty: *empty, Header: http.Header{}}
		if key, value, ok := strings.Cut(*header, "="); ok {
			answer.Header.Set(key, value)
		}
		r.Script(answer)
	}
	address, stop, err := r.Start(context.Background())
	ts.Check(err)
	ts.Defer(func() { _ = stop() })
	stageOf(ts).receiver = r
	ts.Setenv("DSN", r.DSN(address))
	ts.Setenv("ADDRESS", address)
}

func checkReceived(ts *testscript.TestScript, neg bool, args []string) {
	refuseNeg(ts, neg)
	if len(args) != 1 {
		ts.Fatalf("usage: received N")
	}
	if got := stageOf(ts).receiver.Stats().Requests; strconv.FormatUint(got, 10) != args[0] {
		ts.Fatalf("the receiver got %d requests, expected %s", got, args[0])
	}
}

// background is a bbctl that runs beside the script.
type background struct {
	command  *exec.Cmd
	out, err bytes.Buffer
	read     sync.WaitGroup
}

// startReceive waits for the first line of `bbctl receive`: from then on it
// listens.
func startReceive(ts *testscript.TestScript, neg bool, args []string) {
	refuseNeg(ts, neg)
	executable, err := os.Executable()
	ts.Check(err)
	b := &background{command: &exec.Cmd{
		Path: executable, Args: append([]string{"bbctl", "receive"}, args...), Dir: ts.MkAbs("."),
		Env: []string{"HOME=" + ts.Getenv("HOME"), "PATH=" + ts.Getenv("PATH"), "SENTRY_DSN=" + ts.Getenv("SENTRY_DSN")},
	}}
	b.command.Stderr = &b.err
	stdout, err := b.command.StdoutPipe()
	ts.Check(err)
	ts.Check(b.command.Start())
	ts.Defer(func() { _ = b.command.Process.Kill() }) // where the script has failed before it stopped it
	reader := bufio.NewReader(stdout)
	first, err := reader.ReadString('\n')
	if err != nil {
		_ = b.command.Wait()
		ts.Fatalf("bbctl receive ended: %s", b.err.String())
	}
	b.out.WriteString(first)
	b.read.Go(func() { _, _ = io.Copy(&b.out, reader) })
	stageOf(ts).process = b
	_, found, _ := strings.Cut(first, "http://")
	found, _, _ = strings.Cut(strings.TrimSuffix(found, "\n"), `"`)
	ts.Setenv("DSN", "http://"+found)
}

func stopReceive(ts *testscript.TestScript, neg bool, args []string) {
	refuseNeg(ts, neg)
	end := os.Signal(syscall.SIGTERM)
	if len(args) == 2 && args[0] == "-signal" && args[1] == "INT" {
		end = os.Interrupt
	}
	b := stageOf(ts).process
	ts.Check(b.command.Process.Signal(end))
	b.read.Wait()
	if err := b.command.Wait(); err != nil {
		ts.Fatalf("bbctl receive: %v\n%s", err, b.err.String())
	}
	ts.Check(os.WriteFile(ts.MkAbs("receive.out"), b.out.Bytes(), 0o600))
	ts.Check(os.WriteFile(ts.MkAbs("receive.err"), b.err.Bytes(), 0o600))
}

// post sends the bytes of a file to $DSN, or to another project of its server.
func post(ts *testscript.TestScript, neg bool, args []string) {
	refuseNeg(ts, neg)
	flags := flag.NewFlagSet("post", flag.ContinueOnError)
	project := flags.String("project", "", "another project than the DSN's")
	ts.Check(flags.Parse(args))
	d, err := dsn.Parse(ts.Getenv("DSN"))
	ts.Check(err)
	if *project != "" {
		d.ProjectID = *project
	}
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	body := strings.NewReader(ts.ReadFile(flags.Arg(0)))
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, d.EnvelopeURL(), body)
	ts.Check(err)
	req.Header.Set("X-Sentry-Auth", d.AuthHeader("sentry.python/2.18.0"))
	response, err := http.DefaultClient.Do(req)
	ts.Check(err)
	ts.Logf("answered %s", response.Status)
	ts.Check(response.Body.Close())
}

// freePort sets $PORT to a port of this machine on which nothing listens.
func freePort(ts *testscript.TestScript, neg bool, args []string) {
	refuseNeg(ts, neg)
	if len(args) > 0 {
		ts.Fatalf("usage: freeport")
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	ts.Check(err)
	ts.Setenv("PORT", strconv.Itoa(listener.Addr().(*net.TCPAddr).Port))
	ts.Check(listener.Close())
}

func expand(ts *testscript.TestScript, neg bool, args []string) {
	refuseNeg(ts, neg)
	for _, name := range args {
		text := os.Expand(ts.ReadFile(name), ts.Getenv)
		ts.Check(os.WriteFile(ts.MkAbs(name), []byte(text), 0o600))
	}
}

func fits(ts *testscript.TestScript, neg bool, args []string) {
	refuseNeg(ts, neg)
	columns, err := strconv.Atoi(args[0])
	ts.Check(err)
	for line := range strings.Lines(ts.ReadFile("stdout")) {
		if n := utf8.RuneCountInString(strings.TrimSuffix(line, "\n")); n > columns {
			ts.Fatalf("%d columns: %s", n, line)
		}
	}
}

func noSecret(ts *testscript.TestScript, neg bool, args []string) {
	refuseNeg(ts, neg)
	for _, name := range append([]string{"stdout", "stderr"}, args...) {
		text := ts.ReadFile(name)
		for kind, secret := range secrets() {
			if strings.Contains(text, secret) {
				ts.Fatalf("%s shows the %s", name, kind)
			}
		}
	}
}

func refuseNeg(ts *testscript.TestScript, neg bool) {
	if neg {
		ts.Fatalf("this command knows no !")
	}
}

package cmd_test

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/bookedbarber/bbctl/cmd"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"bbctl": func() { os.Exit(process()) }})
}

// process is what main.go does, with a version of its own.
func process() int {
	interrupts := &cmd.Interrupts{}
	ctx, stop := interrupts.Context(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	defer stop()
	dir, err := os.Getwd()
	if err != nil {
		dir = "."
	}
	return cmd.Main(ctx, os.Args[1:], &cmd.Env{
		In: os.Stdin, Out: os.Stdout, Err: os.Stderr,
		Environ: os.Environ(), Now: time.Now, Dir: dir, Version: "v1.2.3", Interrupts: interrupts,
	})
}

// Secrets are made here and not written to a file, since a literal of their
// form would look like a leaked one to scanners.
func secrets() map[string]string {
	return map[string]string{
		"KEY":      strings.Repeat("4b7", 10) + "c1",
		"PASSWORD": "hunter" + "2-long-enough",
		"TOKEN":    "sntry" + "s_" + strings.Repeat("Zx9", 12),
	}
}

// pythonSDK is where script/clients puts the SDK for Python.
func pythonSDK() string {
	path, err := filepath.Abs(filepath.Join("..", ".cache", "clients", "python-2.18", "usr", "lib", "python3", "dist-packages"))
	if err != nil {
		return ""
	}
	return path
}

// hasPythonSDK says whether it is there, for scripts that run applications. Where
// nothing may be skipped it has to be.
func hasPythonSDK() (bool, error) {
	command := exec.Command("/usr/bin/python3", "-c", "import sentry_sdk")
	command.Env = []string{"PYTHONPATH=" + pythonSDK()}
	out, err := command.CombinedOutput()
	if err != nil && os.Getenv("BBCTL_REQUIRE_INTEGRATION") != "" {
		return false, fmt.Errorf("integration: run script/deps, script/clients: %w: %s", err, out)
	}
	return err == nil, nil
}

// TestScripts plays the stories of testdata/script. They know these commands
// beside testscript's own:
//
//	code N COMMAND …        runs it, expects exit code N
//	receiver [-status N] [-header K=V] [-body TEXT] [-empty]
//	                        starts a receiver, sets $DSN
//	received N              it has got N requests
//	receive [FLAG …]        starts `bbctl receive`, sets $DSN by its first line
//	stopped [-signal NAME]  ends that, expects exit code 0, writes receive.out, receive.err
//	post [-project N] FILE  sends an envelope to $DSN
//	freeport                sets $PORT
//	expand FILE …           replaces $NAME in files
//	fits N                  no line of the last output is longer than N columns
//	[sentry-sdk]            there is an SDK for /usr/bin/python3
//	nosecret [FILE …]       no secret is in the last output, nor in the files
func TestScripts(t *testing.T) {
	t.Parallel()
	testscript.Run(t, testscript.Params{
		Dir: "../testdata/script",
		Setup: func(e *testscript.Env) error {
			e.Values[stageKey{}] = &stage{}
			for name, value := range secrets() {
				e.Setenv(name, value)
			}
			e.Setenv("PYTHONPATH", pythonSDK())
			e.Setenv("HOME", e.WorkDir+"/home")
			// A checkout around the folder of the tests is none of theirs.
			e.Setenv("GIT_CEILING_DIRECTORIES", e.WorkDir)
			e.Setenv("GIT_CONFIG_NOSYSTEM", "1")
			return os.Mkdir(e.WorkDir+"/home", 0o755)
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"code":     exitsWith,
			"receiver": startReceiver,
			"received": checkReceived,
			"receive":  startReceive,
			"stopped":  stopReceive,
			"post":     post,
			"freeport": freePort,
			"expand":   expand,
			"fits":     fits,
			"nosecret": noSecret,
		},
		Condition: func(name string) (bool, error) {
			if name != "sentry-sdk" {
				return false, fmt.Errorf("unknown condition %q", name)
			}
			return hasPythonSDK()
		},
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
	})
}

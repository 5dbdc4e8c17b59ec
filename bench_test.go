package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// These measure bin/bbctl as it is built for users, so `make build` comes
// first: a process of a test binary would measure the testing package as well.

// started is one run of a process.
type started struct {
	wall time.Duration
	peak int64 // largest resident size in bytes; 0 where the system does not tell
}

// BenchmarkTrue is what this machine takes for a process that does nothing, to
// judge the others by.
func BenchmarkTrue(b *testing.B) {
	path, err := exec.LookPath("true")
	if err != nil {
		b.Skip("this system has no program that does nothing")
	}
	report(b, path, nil)
}

// BenchmarkVersion is the least that a start of bbctl costs.
func BenchmarkVersion(b *testing.B) {
	report(b, built(b), []string{"version"})
}

// BenchmarkTestLocal is the main job with nothing configured.
func BenchmarkTestLocal(b *testing.B) {
	report(b, built(b), []string{"test", "--local"})
}

// BenchmarkSetup is the whole of `bbctl setup` but the event that it sends: in
// an empty folder, and in files larger than people have.
func BenchmarkSetup(b *testing.B) {
	var keys, lines strings.Builder
	for n := range 10_000 {
		fmt.Fprintf(&keys, "SOME_KEY_%05d=value-%d\n", n, n)
	}
	for n := 0; lines.Len() < 5_000_000; n++ {
		fmt.Fprintf(&lines, "SOME_KEY_%06d=a-value-that-is-some-fifty-characters-long-%06d\n", n, n)
	}
	dsn := "SENTRY_DSN=http://" + strings.Repeat("4b7a", 8) + "@127.0.0.1:1/42\n"
	for _, file := range []struct{ name, text string }{
		{"new", ""},
		{"keys-10000", keys.String()},
		{"value-5MB", "LONG='" + strings.Repeat("0123456789abcde ", 5_000_000/16) + "'\n"},
		{"lines-5MB", lines.String()},
	} {
		b.Run(file.name, func(b *testing.B) {
			report(b, built(b), []string{"setup", "--yes", "--no-proof", "--dsn-file", "dsn.txt"}, "dsn.txt", dsn, ".env", file.text)
		})
	}
}

// BenchmarkRun is what bbctl takes before it has started the command that it
// runs, beyond what the command's own start takes.
func BenchmarkRun(b *testing.B) {
	command := []string{"/bin/sh", "-c", "date +%s%N >at; exit 1"} // as nothing is sent, bbctl ends with 1 too
	binary, under := built(b), append([]string{"test", "--once", "--"}, command...)
	firstWord(b, binary, under) // brings the file into memory
	var over []time.Duration
	for b.Loop() {
		alone := firstWord(b, command[0], command[1:])
		over = append(over, firstWord(b, binary, under)-alone)
	}
	slices.Sort(over)
	b.ReportMetric(float64(over[len(over)/2])/float64(time.Millisecond), "ms-median")
	b.ReportMetric(0, "ns/op") // the end of the run is no part of it
}

// firstWord is the time from the start of a program to what the command writes.
func firstWord(b *testing.B, program string, args []string) time.Duration {
	b.Helper()
	cmd := exec.CommandContext(b.Context(), program, args...)
	cmd.Dir = b.TempDir()
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + cmd.Dir}
	begun := time.Now()
	out, err := cmd.CombinedOutput()
	text, readErr := os.ReadFile(filepath.Join(cmd.Dir, "at"))
	if cmd.ProcessState == nil || cmd.ProcessState.ExitCode() != 1 || readErr != nil {
		b.Fatalf("%s %q: %v\n%s", program, args, errors.Join(err, readErr), out)
	}
	at, err := strconv.ParseInt(strings.TrimSpace(string(text)), 10, 64)
	if err != nil {
		b.Fatal(err)
	}
	return time.Unix(0, at).Sub(begun)
}

// report runs a program again and again, each time in a folder of its own with
// the files that are given by name and text.
func report(b *testing.B, binary string, args []string, files ...string) {
	b.Helper()
	start(b, binary, args, files) // brings the file into memory
	var runs []started
	for b.Loop() {
		runs = append(runs, start(b, binary, args, files))
	}
	slices.SortFunc(runs, func(x, y started) int { return int(x.wall - y.wall) })
	median := (runs[(len(runs)-1)/2].wall + runs[len(runs)/2].wall) / 2
	b.ReportMetric(float64(median)/float64(time.Millisecond), "ms-median")
	peak := slices.MaxFunc(runs, func(x, y started) int { return int(x.peak - y.peak) }).peak
	if peak > 0 {
		b.ReportMetric(float64(peak)/1e6, "MB-peak")
	}
	b.ReportMetric(0, "ns/op") // the mean: one hiccup of the machine moves it
}

// built is the path of the binary that make build made.
func built(b *testing.B) string {
	b.Helper()
	path, err := filepath.Abs(filepath.Join("bin", "bbctl"))
	if err != nil {
		b.Fatal(err)
	}
	if _, err := os.Stat(path); err != nil {
		b.Fatalf("%v: run make build", err)
	}
	return path
}

// start runs a program to its end, in a directory with nothing but the files
// and with an environment in which nothing is configured. Its output goes to a
// file: a pipe would have to be read, which costs as much as a small process.
func start(b *testing.B, binary string, args, files []string) started {
	b.Helper()
	ctx, cancel := context.WithTimeout(b.Context(), time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, binary, args...)
	cmd.Dir = b.TempDir()
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + cmd.Dir}
	for pair := range slices.Chunk(files, 2) {
		if pair[1] == "" {
			continue
		}
		if err := os.WriteFile(filepath.Join(cmd.Dir, pair[0]), []byte(pair[1]), 0o600); err != nil {
			b.Fatal(err)
		}
	}
	out, err := os.Create(filepath.Join(cmd.Dir, "output"))
	if err != nil {
		b.Fatal(err)
	}
	defer out.Close()
	cmd.Stdout, cmd.Stderr = out, out
	begun := time.Now()
	err = cmd.Run()
	wall := time.Since(begun)
	if err != nil {
		said, _ := os.ReadFile(out.Name())
		b.Fatalf("%s %s: %v\n%s", binary, args, err, said)
	}
	return started{wall: wall, peak: peakOf(cmd.ProcessState)}
}

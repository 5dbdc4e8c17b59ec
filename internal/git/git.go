// Package git answers what bbctl asks of a checkout: its commit, its root, and
// whether a file is tracked or ignored.
//
// What lies in plain files is read from them, so that it needs no git and also
// works in a checkout that belongs to another user, which git refuses to look
// at. For the rest git is run: never through a shell, with an environment of
// its own, and for two seconds at most.
package git

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

var (
	// ErrNoRepository says that a folder lies in no checkout.
	ErrNoRepository = errors.New("not in a git checkout")
	// ErrNoCommit says that the branch of a checkout has no commit yet.
	ErrNoCommit = errors.New("the branch has no commit yet")
	// ErrUnavailable says that git is not installed, or refuses the checkout,
	// and that the answer cannot be had without it.
	ErrUnavailable = errors.New("git gives no answer")
)

// limit bounds one run of git. A checkout on a network drive can take longer;
// nothing that bbctl asks is worth more.
const limit = 2 * time.Second

// Head returns the commit of the checkout that holds dir: 40 hexadecimal
// digits, or 64 in a repository of the newer kind. It is what `git rev-parse
// HEAD` prints there. The error is ErrNoRepository, ErrNoCommit or about
// reading.
func Head(ctx context.Context, dir string) (string, error) {
	repo, err := find(dir)
	if err != nil {
		return "", err
	}
	sha, err := repo.head()
	if !errors.Is(err, errForeignStorage) {
		return sha, err
	}
	out, err := run(ctx, dir, "rev-parse", "--verify", "--quiet", "HEAD")
	if err != nil {
		return "", err
	}
	if sha = strings.TrimSpace(out); !isCommit(sha) {
		return "", ErrNoCommit
	}
	return sha, nil
}

// Describe returns what `git describe --long --always --dirty` prints for the
// checkout that holds dir. sentry-go sends that as the release where nothing
// else is set.
func Describe(ctx context.Context, dir string) (string, error) {
	if _, err := find(dir); err != nil {
		return "", err
	}
	out, err := run(ctx, dir, "describe", "--long", "--always", "--dirty")
	return strings.TrimSpace(out), err
}

// Root returns the topmost folder of the checkout that holds dir, as an
// absolute path. It runs nothing.
func Root(_ context.Context, dir string) (string, error) {
	repo, err := find(dir)
	if err != nil {
		return "", err
	}
	return repo.root, nil
}

// Dir returns the folder in which git keeps the state of the checkout that
// holds dir: nothing in it is ever part of a commit. It runs nothing.
func Dir(_ context.Context, dir string) (string, error) {
	repo, err := find(dir)
	if err != nil {
		return "", err
	}
	return repo.dir, nil
}

// Tracked says whether git keeps the file at path. Where git cannot be asked,
// its index is read. The error is ErrNoRepository, ErrUnavailable or about
// reading.
func Tracked(ctx context.Context, path string) (bool, error) {
	repo, name, err := locate(path)
	if err != nil {
		return false, err
	}
	out, err := run(ctx, filepath.Dir(path), "ls-files", "-z", "--", ":(literal)"+filepath.Base(path))
	if err == nil {
		return out != "", nil
	}
	if ctx.Err() != nil {
		return false, ctx.Err()
	}
	return repo.indexed(name)
}

// Ignored says whether git would leave the file at path out, by any of the
// ignore files that it knows. A tracked file is not ignored, whatever they
// say. The error is ErrNoRepository or ErrUnavailable.
func Ignored(ctx context.Context, path string) (bool, error) {
	if _, _, err := locate(path); err != nil {
		return false, err
	}
	_, err := run(ctx, filepath.Dir(path), "check-ignore", "--quiet", "--", filepath.Base(path))
	var exit *exec.ExitError
	switch {
	case err == nil:
		return true, nil
	case errors.As(err, &exit) && exit.ExitCode() == 1:
		return false, nil
	default:
		return false, err
	}
}

// locate finds the repository of a file and the file's name in its index.
func locate(path string) (*repository, string, error) {
	repo, err := find(filepath.Dir(path))
	if err != nil {
		return nil, "", err
	}
	absolute, err := filepath.Abs(path)
	if err != nil {
		return nil, "", err
	}
	name, err := filepath.Rel(repo.root, absolute)
	if err != nil {
		return nil, "", err
	}
	return repo, filepath.ToSlash(name), nil
}

// run carries out one git command. Its error output is not passed on: it may
// quote what stands in files.
func run(ctx context.Context, dir string, args ...string) (string, error) {
	program, err := exec.LookPath("git")
	if err != nil {
		return "", fmt.Errorf("%w: it is not installed", ErrUnavailable)
	}
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	// A repository may name programs of its own to be run; none of them is
	// wanted here.
	args = append([]string{"-c", "core.fsmonitor=false", "-c", "core.hooksPath=" + os.DevNull}, args...)
	cmd := exec.CommandContext(ctx, program, args...)
	cmd.Dir = dir
	cmd.Env = environment(program)
	cmd.WaitDelay = limit / 4
	var out bytes.Buffer
	cmd.Stdout = &out
	if err := cmd.Run(); err != nil {
		if ctx.Err() != nil {
			err = ctx.Err()
		}
		return "", fmt.Errorf("%w: git %s: %w", ErrUnavailable, args[4], err)
	}
	return out.String(), nil
}

// environment is all that git gets to see: no GIT_DIR or GIT_INDEX_FILE that a
// hook has left behind, no prompt, no lock taken for a mere look. The home
// directory stays known, since the user's own ignore file and list of safe
// directories lie there.
func environment(program string) []string {
	env := []string{
		"GIT_OPTIONAL_LOCKS=0",
		"GIT_TERMINAL_PROMPT=0",
		"GIT_PAGER=cat",
		"LC_ALL=C",
		"PATH=" + filepath.Dir(program),
	}
	if home, err := os.UserHomeDir(); err == nil {
		env = append(env, "HOME="+home, "USERPROFILE="+home)
	}
	if dir, err := os.UserConfigDir(); err == nil {
		env = append(env, "XDG_CONFIG_HOME="+dir)
	}
	return env
}

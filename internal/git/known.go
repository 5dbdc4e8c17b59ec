package git

import (
	"context"
	"errors"
	"os/exec"
	"strings"
)

// Tag says whether the checkout that holds dir has a tag of that name.
func Tag(ctx context.Context, dir, name string) (bool, error) {
	return verify(ctx, dir, "refs/tags/"+name)
}

// Commit says whether the checkout that holds dir has a commit of that name,
// which is its hexadecimal digits, seven of them or more.
func Commit(ctx context.Context, dir, name string) (bool, error) {
	return verify(ctx, dir, name+"^{commit}")
}

// verify asks git whether a revision is there. A shallow checkout, as CI makes
// them, has few commits and no tags: what is not there proves nothing. The
// error is ErrNoRepository or ErrUnavailable.
func verify(ctx context.Context, dir, revision string) (bool, error) {
	if _, err := find(dir); err != nil {
		return false, err
	}
	_, err := run(ctx, dir, "rev-parse", "--verify", "--quiet", revision)
	if err == nil {
		return true, nil
	}
	var exit *exec.ExitError
	if !errors.As(err, &exit) || exit.ExitCode() != 1 {
		return false, err
	}
	shallow, err := run(ctx, dir, "rev-parse", "--is-shallow-repository")
	if err != nil {
		return false, err
	}
	if strings.TrimSpace(shallow) == "true" {
		return false, ErrUnavailable
	}
	return false, nil
}

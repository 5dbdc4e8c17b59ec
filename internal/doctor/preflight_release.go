package doctor

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"sync"

	"github.com/bookedbarber/bbctl/internal/cause"
	"github.com/bookedbarber/bbctl/internal/check"
	"github.com/bookedbarber/bbctl/internal/config"
	"github.com/bookedbarber/bbctl/internal/git"
)

var (
	looksLikeCommit  = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[0-9a-f]{7,40}$|^[0-9a-f]{64}$`) })
	looksLikeVersion = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`^v?\d+\.\d+(?:\.\d+)?(?:[-.][0-9A-Za-z.-]+)?(?:\+[0-9A-Za-z.-]+)?$`)
	})
)

// preflightRelease: what only the checkout on this machine tells is known
// where that is what is deployed, and not in an image.
func preflightRelease(ctx context.Context, p *Patient) check.Result {
	release := p.o.Config.Release()
	set := p.o.Config.Value(config.KeyRelease)
	fromCI := release.Origin.Kind == config.KindDetected && strings.Contains(release.Origin.Detail, "CI variable")
	if release.Value == "" || !(set.Set && strings.TrimSpace(set.Value) != "") && !fromCI {
		return p.releaseUnset(release)
	}
	name := release.Value
	if at := strings.LastIndexByte(name, '@'); at >= 0 {
		name = name[at+1:]
	}
	seen := fmt.Sprintf("%s (%s)", release.Value, release.Origin)
	known, what, err := p.inGit(ctx, name)
	switch {
	case what == "":
		return check.Passed("%s", seen)
	case errors.Is(err, git.ErrNoRepository):
		return check.Passed("%s; there is no checkout here to look it up in", seen)
	case err != nil:
		return check.Passed("%s; whether this repository has that %s cannot be told here (a shallow checkout, or no git)", seen, what)
	case known:
		return check.Passed("%s, a %s of this repository", seen, what)
	case what == "tag":
		return check.Warned(cause.ReleaseUnknown, "git tag "+tagOf(name)+", or correct SENTRY_RELEASE "+p.place(config.KeyRelease), "the release is %s, and this repository has no tag %s", seen, tagOf(name))
	}
	return check.Failed(cause.ReleaseUnknown, "SENTRY_RELEASE=$(git rev-parse HEAD) "+p.place(config.KeyRelease),
		"the release is %s, expected a commit of this repository: it is none", seen)
}

// releaseUnset judges a deployment without a release of its own.
func (p *Patient) releaseUnset(release config.Release) check.Result {
	fix, known := "SENTRY_RELEASE=$(git rev-parse HEAD) in the environment of the deployment, set by the job that builds or deploys (docker build: --build-arg)", ""
	for _, key := range commitVariables() {
		if value, ok := p.o.Config.Lookup(key); ok && strings.TrimSpace(value) != "" {
			known = fmt.Sprintf("; %s is set, which sentry-python does not read", key)
			fix = fmt.Sprintf("SENTRY_RELEASE=$%s in the environment of the deployment", key)
			break
		}
	}
	if release.Value == "" {
		return check.Failed(cause.ReleaseMissing, fix, "no release is set, and there is no commit to be found, expected SENTRY_RELEASE or a variable of the CI that sentry-python reads%s", known)
	}
	return check.Warned("", fix, "the release is %s, detected by %s: well where this checkout is what is deployed, with its .git; in an image there is no git to ask%s", release.Value, release.Origin, known)
}

// commitVariables hold the commit in CI systems whose variables sentry-python
// does not read.
func commitVariables() []string {
	return []string{
		"GITHUB_SHA", "CI_COMMIT_SHA", "BITBUCKET_COMMIT", "BUILDKITE_COMMIT", "DRONE_COMMIT_SHA", "TRAVIS_COMMIT",
		"BUILD_SOURCEVERSION", "GIT_COMMIT", "RENDER_GIT_COMMIT", "VERCEL_GIT_COMMIT_SHA",
	}
}

// inGit looks a release up in the checkout where it looks like something that
// is to be found there; what says as what.
func (p *Patient) inGit(ctx context.Context, name string) (known bool, what string, err error) {
	switch {
	case looksLikeCommit().MatchString(name):
		known, err = git.Commit(ctx, p.o.Dir, name)
		return known, "commit", err
	case looksLikeVersion().MatchString(name):
		name = tagOf(name)
		for _, tag := range []string{name, "v" + name, strings.TrimPrefix(name, "v")} {
			if known, err = git.Tag(ctx, p.o.Dir, tag); known || err != nil {
				break
			}
		}
		return known, "tag", err
	}
	return false, "", nil
}

// tagOf is the tag of a version: what stands behind a + is of the build.
func tagOf(version string) string {
	tag, _, _ := strings.Cut(version, "+")
	return tag
}

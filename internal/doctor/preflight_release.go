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
	looksLikeVersion = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^v?\d+\.\d+(?:\.\d+)?(?:[-+.][0-9A-Za-z.-]+)?$`) })
)

// preflightRelease: what only the checkout on this machine tells is not known
// where the application will run.
func preflightRelease(ctx context.Context, p *Patient) check.Result {
	release := p.o.Config.Release()
	set := p.o.Config.Value(config.KeyRelease)
	fromCI := release.Origin.Kind == config.KindDetected && strings.Contains(release.Origin.Detail, "CI variable")
	if release.Value == "" || !(set.Set && strings.TrimSpace(set.Value) != "") && !fromCI {
		seen := "no release is set"
		if release.Value != "" {
			seen = fmt.Sprintf("the release is %s, detected by %s", release.Value, release.Origin)
		}
		return check.Failed(cause.ReleaseMissing, "export SENTRY_RELEASE=$(git rev-parse HEAD) in the job that deploys, or --build-arg SENTRY_RELEASE=$(git rev-parse HEAD)",
			"%s, expected SENTRY_RELEASE or a variable of the CI: in an image there is no git to ask", seen)
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
		return check.Warned(cause.ReleaseUnknown, "git tag "+name+", or correct SENTRY_RELEASE", "the release is %s, and this repository has no tag %s", seen, name)
	}
	return check.Failed(cause.ReleaseUnknown, "export SENTRY_RELEASE=$(git rev-parse HEAD)",
		"the release is %s, expected a commit of this repository: it is none", seen)
}

// inGit looks a release up in the checkout where it looks like something that
// is to be found there; what says as what.
func (p *Patient) inGit(ctx context.Context, name string) (known bool, what string, err error) {
	switch {
	case looksLikeCommit().MatchString(name):
		known, err = git.Commit(ctx, p.o.Dir, name)
		return known, "commit", err
	case looksLikeVersion().MatchString(name):
		for _, tag := range []string{name, "v" + name, strings.TrimPrefix(name, "v")} {
			if known, err = git.Tag(ctx, p.o.Dir, tag); known || err != nil {
				break
			}
		}
		return known, "tag", err
	}
	return false, "", nil
}

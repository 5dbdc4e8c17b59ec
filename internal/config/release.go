package config

import (
	"context"
	"strings"

	"github.com/bookedbarber/bbctl/internal/git"
)

// Release is the version that events carry.
type Release struct {
	Value  string // empty: none is set and none can be detected
	Origin Origin
	// Describe is what sentry-go would send by itself in this checkout. It is
	// for showing: three tools that guess three releases for one commit are
	// the reason why the release is computed in one way here.
	Describe string
}

// Release returns SENTRY_RELEASE; else the variable of a CI system or platform
// that sentry-python reads, in its order; else the commit of the working
// directory, in full. A detected release is never to be written to a file: it
// is wrong at the next commit. The first call looks at the checkout.
func (c *Config) Release() Release { return c.release() }

// describeRelease is Release, worked out.
func (c *Config) describeRelease(ctx context.Context) Release {
	found := c.effectiveRelease()
	release := Release{Value: found.Value, Origin: found.Origin}
	if described, err := git.Describe(ctx, c.dir); err == nil {
		release.Describe = described
	}
	return release
}

// effectiveRelease is Release without what costs a run of git.
func (c *Config) effectiveRelease() Found {
	if set := c.user(KeyRelease); len(set) > 0 {
		found := set[0]
		if found.Value = strings.TrimSpace(found.Value); found.Value != "" { // as SDKs and Sentry do
			return found
		}
	}
	return c.detect()
}

// detectRelease guesses as sentry-python does. The application sees the
// variables of its .env file too.
func (c *Config) detectRelease(ctx context.Context) Found {
	for _, key := range releaseVariables() {
		if value, ok := c.Lookup(key); ok && value != "" {
			return Found{value, Origin{Kind: KindDetected, Detail: key + " (CI variable that sentry-python reads)"}}
		}
	}
	if sha, err := git.Head(ctx, c.dir); err == nil {
		return Found{sha, Origin{Kind: KindDetected, Detail: "git rev-parse HEAD"}}
	}
	return Found{}
}

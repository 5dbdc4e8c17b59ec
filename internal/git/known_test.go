package git

import (
	"errors"
	"strings"
	"testing"
)

func TestKnownTagsAndCommits(t *testing.T) {
	t.Parallel()
	dir := checkout(t)
	gitIn(t, dir, "commit", "--allow-empty", "-m", "one")
	gitIn(t, dir, "tag", "v2.1.0")
	head := strings.TrimSpace(gitIn(t, dir, "rev-parse", "HEAD"))
	gitIn(t, dir, "commit", "--allow-empty", "-m", "two")
	for name, want := range map[string]bool{"v2.1.0": true, "v2.1": false, head: false} {
		if got, err := Tag(t.Context(), dir, name); err != nil || got != want {
			t.Errorf("Tag(%q) = %t, %v; want %t", name, got, err, want)
		}
	}
	for name, want := range map[string]bool{head: true, head[:8]: true, strings.Repeat("0", 40): false} {
		if got, err := Commit(t.Context(), dir, name); err != nil || got != want {
			t.Errorf("Commit(%q) = %t, %v; want %t", name, got, err, want)
		}
	}
	if _, err := Tag(t.Context(), t.TempDir(), "v1"); !errors.Is(err, ErrNoRepository) {
		t.Errorf("outside of a checkout: %v, want ErrNoRepository", err)
	}
}

// TestShallowCheckoutProvesNothing: CI clones without tags and history.
func TestShallowCheckoutProvesNothing(t *testing.T) {
	t.Parallel()
	origin := checkout(t)
	gitIn(t, origin, "commit", "--allow-empty", "-m", "one")
	gitIn(t, origin, "tag", "v1.0.0")
	gitIn(t, origin, "commit", "--allow-empty", "-m", "two")
	clone := t.TempDir()
	gitIn(t, clone, "clone", "--quiet", "--depth", "1", "--no-tags", "file://"+origin, ".")
	if known, err := Tag(t.Context(), clone, "v1.0.0"); known || !errors.Is(err, ErrUnavailable) {
		t.Errorf("Tag = %t, %v; want ErrUnavailable", known, err)
	}
}

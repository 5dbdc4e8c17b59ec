package cause

import "slices"

// environment lists what can be found in settings and files alone. Texts are
// plain but for code between backquotes, so that they read well in a terminal
// and in docs/causes.md.
func environment() []Cause {
	return slices.Concat(dsns(), envFiles(), settings(), surroundings())
}

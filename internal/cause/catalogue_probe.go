package cause

import "slices"

// probe lists what is found by asking the ingest: first what keeps a request
// from reaching it, then what it answers.
func probe() []Cause { return slices.Concat(ways(), answers()) }

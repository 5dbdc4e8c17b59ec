package observe

import "time"

// Patient gives processes the time that people give them.
func Patient(o Options) Options {
	o.patience = patience{}
	return o
}

// Hurried gives processes less time to end than people have.
func Hurried(o Options) Options {
	o.patience = patience{
		leader: time.Second, group: time.Second, output: time.Second,
		hold: 5 * time.Second, hurry: time.Second, boot: 20 * time.Second, until: time.Second, listen: 30 * time.Second,
	}
	return o
}

// Wordless waits for nobody's first word.
func Wordless(o Options) Options {
	o = Hurried(o)
	o.patience.boot = 0
	return o
}

// Unending gives processes more time than any test has, unless the run is to
// end at once.
func Unending(o Options) Options {
	o.patience = patience{leader: time.Hour, group: time.Hour, output: time.Hour, hurry: 100 * time.Millisecond}
	return o
}

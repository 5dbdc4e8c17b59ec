package observe

import "time"

// Patient gives processes the time that people give them.
func Patient(o Options) Options {
	o.patience = patience{}
	return o
}

// Hurried gives processes less time to end than people have.
func Hurried(o Options) Options {
	o.patience = patience{leader: time.Second, group: time.Second, output: time.Second, hold: 5 * time.Second}
	return o
}

//go:build race

package receiver_test

// raceDetector says that the detector's own memory is in every resident size.
const raceDetector = true

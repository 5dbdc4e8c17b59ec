//go:build !race

package receiver_test

const raceDetector = false

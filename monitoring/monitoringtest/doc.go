// Package monitoringtest tests how a Go service configures package monitoring:
// the suite of `bbctl test`, on the clients that the service's own function
// makes.
//
//	func TestMonitoring(t *testing.T) {
//		monitoringtest.Run(t, func(dsn string) (*monitoring.Client, error) { return newMonitoring(dsn) })
//	}
//
// It starts an embedded receiver on loopback, hands the function DSNs of it, and
// judges each behaviour by the bytes that arrive, in the ten groups and with the
// check ids of docs/checks.md. Each check is a subtest with its id as name. One
// that fails says what was seen, the cause (docs/causes.md) and the fix; one that
// is skipped says why, and one that follows from another names that one. A
// warning is logged, and fails under Strict. Secrets and personal data are
// removed from what is printed.
//
// The function is called some eighty times, and must make a new client each
// time. Databases and Redis stand in unless the service's own are handed over.
// A run takes somewhat over a second, since a slow task really is one.
//
// Run changes nothing global and may be called from parallel tests. RunEnv sets
// variables with t.Setenv, so that its test, and those around it, must not be
// parallel; they are as before when it ends. A function that keeps the client in
// a variable of its package, or reads the environment although it is given to
// Run, is no longer alone in either case.
//
// Nothing is sent anywhere but to loopback: a client that was made for another
// key than that of its DSN is found out before it sends. One whose key is right
// and whose host is not sends one transaction there, named "bbctl test".
//
// The package is for tests alone, and links a receiver, SQLite and a Redis into
// them. Package monitoring does not know it.
package monitoringtest

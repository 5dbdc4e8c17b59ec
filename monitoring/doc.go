// Package monitoring reports what goes wrong in a Go service of BookedBarber
// to Sentry: errors with their business context, slow queries, failing tasks,
// transactions. It does for Go what config.sentry and
// services.sentry_monitoring do for the Python application, with the same
// names on the wire.
//
// A Client is made by New from a Config, which FromEnv reads from the
// environment. Nothing is global, and nothing else is read from the
// environment: an empty DSN is off. All methods may be called on a nil
// *Client, which is off, and from any goroutine.
//
// User, business context and breadcrumbs travel with a context.Context. In a
// service, Middleware begins a scope for each request; elsewhere WithScope
// does.
//
// What an event's fate was is known: Flush reports what was delivered,
// rejected and dropped, and why. An id that was given out says nothing of it.
// Sampling, filter and rate limits are decided before an event is made, and
// every drop is counted under one of the Drop constants.
//
// Personal and secret data is removed from the serialized envelope (package
// scrub), so that every kind of item passes it; what cannot be scrubbed is not
// sent, and counted. Values of queries and keys of Redis are left out
// before that: statements carry placeholders.
//
// An event stays under the 1 MiB that Sentry takes, and where something was
// left out for that, "(cut: …)" says so in its place.
//
// No type of the SDK below is part of this package's interface.
package monitoring

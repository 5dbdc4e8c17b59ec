package doctor

import (
	"regexp"
	"strings"
	"sync"

	"github.com/bookedbarber/bbctl/internal/cause"
)

// The checks of a log, by family: what stands in one can be wrong while the
// others are well.
const (
	logLines     = "log-lines"
	logDSN       = "log-dsn"
	logStart     = "log-start"
	logNetwork   = "log-network"
	logAnswers   = "log-answers"
	logLimits    = "log-limits"
	logHooks     = "log-hooks"
	logSampling  = "log-sampling"
	logProfiles  = "log-profiles"
	logQueue     = "log-queue"
	logExit      = "log-exit"
	logRelease   = "log-release"
	logProcesses = "log-processes"
)

// logTally is what is counted first and judged at the end of a log, since one
// line alone means nothing.
type logTally string

const (
	sentEvents       logTally = "events sent"
	sentTransactions logTally = "transactions sent"
	sentProfiles     logTally = "profiles sent"
	started          logTally = "transactions started"
	hookDrops        logTally = "dropped by a hook"
	errorsSampled    logTally = "errors dropped by the sample rate"
	rateOfZero       logTally = "a traces rate of 0, or a caller that was not sampled"
	samplerZero      logTally = "traces_sampler said 0"
	randomDrops      logTally = "left out by the random sample"
	unsampled        logTally = "sampled = False"
	shortProfiles    logTally = "too short for a profile"
	profilerOff      logTally = "profiler off"
	internalErrors   logTally = "internal errors of the SDK"
)

// logSignature is a message of an SDK, and what it means: a cause, something to
// count, or a part that another function judges.
type logSignature struct {
	pattern  *regexp.Regexp
	check    string
	id       cause.ID
	severity cause.Severity // empty: the one of the catalogue
	counts   logTally
	// judged names the cause by what the pattern has caught.
	judged func(caught []string) cause.ID
}

func means(pattern, check string, id cause.ID, severity ...cause.Severity) logSignature {
	s := logSignature{pattern: regexp.MustCompile(pattern), check: check, id: id}
	if len(severity) > 0 {
		s.severity = severity[0]
	}
	return s
}

func countsAs(pattern string, what logTally) logSignature {
	return logSignature{pattern: regexp.MustCompile(pattern), counts: what}
}

func judgedBy(pattern, check string, judge func([]string) cause.ID) logSignature {
	return logSignature{pattern: regexp.MustCompile(pattern), check: check, judged: judge}
}

// pythonMessages are those of sentry-python 1.9 to 2.68 with debug on, behind
// `[sentry] LEVEL: ` or the name of its logger.
var pythonMessages = sync.OnceValue(func() []logSignature {
	return []logSignature{
		judgedBy(`Unexpected status code: (\d{3}) \(body: (.{0,200})`, logAnswers, statusCause),
		means(`HTTP 413: Event dropped`, logAnswers, cause.PayloadTooLarge),
		means(`Rate-limited via 429`, logLimits, cause.RateLimited),
		means(`Rate-limited via x-sentry-rate-limits`, logLimits, cause.AppRateLimited),
		countsAs(`before send (?:transaction |log )?dropped event`, hookDrops),
		countsAs(`(?:event|error) processor \(.{0,120}dropped event`, hookDrops),
		means(`\[?Profiling\]? Given sample rate is invalid.{0,120}`, logProfiles, cause.AppNoProfiles),
		means(`\[Profiling\] Discarding profile because of invalid sample rate`, logProfiles, cause.AppNoProfiles),
		means(`Given sample rate is invalid.{0,120}`, logSampling, cause.AppTracesSampledOut),
		means(`\[Tracing\] Discarding .{0,200}because of invalid sample rate`, logSampling, cause.AppTracesSampledOut),
		countsAs(`\[Tracing\] Discarding .{0,200}because traces_sample_rate is set to 0`, rateOfZero),
		countsAs(`\[Tracing\] Discarding .{0,200}because traces_sampler returned 0`, samplerZero),
		countsAs(`\[Tracing\] Discarding .{0,200}because it's not included in the random sample \(sampling rate = [\d.e-]+\)`, randomDrops),
		means(`\[Tracing\] Discarding .{0,200}because .{0,40}parent.{0,80}`, logSampling, cause.AppParentUnsampled),
		countsAs(`\[Tracing\] Starting `, started),
		countsAs(`Discarding transaction because sampled = False`, unsampled),
		means(`Discarding transaction because it was not started with sentry_sdk\.start_transaction`, logSampling, cause.AppNoTraces),
		means(`Discarding transaction without sampling decision`, logSampling, cause.AppNoTraces),
		means(`Transaction was entered without being started`, logSampling, cause.AppNoTraces),
		countsAs(`\[Profiling\] Discarding profile because insufficient samples`, shortProfiles),
		countsAs(`\[Profiling\] Discarding profile because (?:profiler was not started|profiling was not enabled)`, profilerOff),
		means(`flush timed out, dropped \d+ events`, logExit, cause.IngestSlow, cause.Fail),
		means(`background worker queue full`, logQueue, cause.AppQueueOverflow),
		means(`\[Monitor\] health check negative, downsampling.{0,40}`, logQueue, cause.AppQueueOverflow, cause.Warn),
		means(`Discarded session update because of missing release`, logRelease, cause.AppReleaseMissing),
		means(`You have configured a SOCKS proxy .{0,200}not installed`, logStart, cause.ProxyMalformed, cause.Warn),
		means(`Too many errors sending to Spotlight`, logStart, cause.SpotlightLeftOn),
		countsAs(`Sending (?:envelope \[[^\]]*\b(?:error|default)\b|event, type:null)`, sentEvents),
		countsAs(`Sending envelope \[[^\]]*\bprofile`, sentProfiles),
		countsAs(`Sending (?:envelope \[[^\]]*\btransaction\b|event, type:transaction)`, sentTransactions),
	}
})

// invalidDSN is what sentry-go says without a reason.
const invalidDSN = `Transport initialized with invalid DSN`

// goMessages are those of sentry-go 0.1x to 0.50 with Debug, behind `[Sentry] `.
var goMessages = sync.OnceValue(func() []logSignature {
	return []logSignature{
		judgedBy(`failed with (?:client|server) error (\d{3}): (.{0,200})`, logAnswers, statusCause),
		judgedBy(`Unexpected status code (\d{3}) for (event)`, logAnswers, statusCause),
		means(`failed because the request was too large.{0,200}`, logAnswers, cause.PayloadTooLarge),
		judgedBy(`(?:HTTP request failed|There was an issue with sending an event|Error while reading response body|Failed to send client report): (.{0,300})`, logNetwork, errorCause),
		means(`(?:Rate limited for category|Too many requests for) .{0,80}`, logLimits, cause.AppRateLimited),
		countsAs(`(?:Event|Transaction) dropped due to BeforeSend\w* callback`, hookDrops),
		countsAs(`Event dropped by one of the \w+ EventProcessors`, hookDrops),
		countsAs(`Event dropped due to SampleRate hit`, errorsSampled),
		means(`Dropping transaction: EnableTracing is set to false`, logSampling, cause.AppTracesSampledOut),
		means(`Dropping transaction: .{0,40}out of range.{0,40}`, logSampling, cause.AppTracesSampledOut),
		means(`Dropping transaction: TracesSampleRate rate is: 0\.0+\b`, logSampling, cause.AppTracesSampledOut),
		countsAs(`Dropping transaction: Returned TracesSampler rate is: `, samplerZero),
		countsAs(`Dropping transaction: TracesSampler returned rate: [\d.]+`, randomDrops),
		means(`Using sampling decision from parent: SampledFalse`, logSampling, cause.AppParentUnsampled),
		means(`(?:Event|Envelope) dropped.{0,40}buffer (?:being )?full.{0,40}`, logQueue, cause.AppQueueOverflow),
		means(`(?i)error sending envelope: .{0,60}queue.{0,20}full`, logQueue, cause.AppQueueOverflow),
		means(`Failed to flush, buffer timed out|Buffer flushing was canceled or timed out`, logExit, cause.IngestSlow, cause.Fail),
		means(`initialized with an empty DSN`, logDSN, cause.DSNMissing),
		judgedBy(`Transport is disabled: invalid dsn: (.{0,300})`, logDSN, disabledCause),
		means(invalidDSN, logDSN, cause.DSNNoScheme), // of which it is certain that it has none
		judgedBy(`DsnParseError: (.{0,300})`, logDSN, defectCause),
		means(`Some Sentry features will not be available`, logRelease, cause.AppReleaseMissing),
		countsAs(`Sending (?:error|event|message) \[[0-9a-f]+\] to `, sentEvents),
		countsAs(`Sending transaction \[[0-9a-f]+\] to `, sentTransactions),
	}
})

// otherMessages stand in a log without a mark of Sentry's: what the SDKs write
// elsewhere, and what those say whose end keeps events back.
var otherMessages = sync.OnceValue(func() []logSignature {
	return []logSignature{
		judgedBy(`(?:^|[\s.])BadDsn: (.{0,120})`, logDSN, defectCause),
		means(`^Sentry is attempting to send \d+ pending (?:events|error messages)$`, logExit, cause.IngestSlow, cause.Warn),
		means(`We detected the use of (?:uWSGI (?:in preforking mode )?without thread support|uwsgi with disabled threads)`, logExit, cause.AppNoFlush),
		means(`WorkerLostError.{0,20}Worker exited prematurely: .{0,60}`, logProcesses, cause.AppExitedBadly),
		means(`\[CRITICAL\] WORKER TIMEOUT \(pid:\d+\)`, logProcesses, cause.AppExitedBadly),
		means(`Worker \(pid:\d+\) was sent SIG(?:KILL|SEGV|ABRT)!.{0,40}`, logProcesses, cause.AppExitedBadly),
		means(`Worker with pid \d+ was terminated due to signal (?:9|11|6)\b`, logProcesses, cause.AppExitedBadly),
		means(`Hard time limit \([\d.]+s?\) exceeded for .{0,60}`, logProcesses, cause.AppExitedBadly),
	}
})

// worthALook says whether a line holds one of the words without which none of
// the messages above is there: most lines of most logs do not.
func worthALook(text string) bool {
	for _, word := range []string{"entry", "BadDsn", "uWSGI", "uwsgi", "Worker", "WORKER TIMEOUT", "Hard time limit", "Traceback (most recent"} {
		if strings.Contains(text, word) {
			return true
		}
	}
	return false
}

func statusCause(caught []string) cause.ID {
	status := 0
	for _, digit := range caught[1] {
		status = status*10 + int(digit-'0')
	}
	return answerCause(status, caught[2])
}

func errorCause(caught []string) cause.ID {
	if id := networkCause(caught[1]); id != "" {
		return id
	}
	return cause.AppNetworkError
}

// disabledCause names why sentry-go has no transport. Of an empty DSN it says
// that the scheme is invalid; one without a scheme ends in Init already.
func disabledCause(caught []string) cause.ID {
	if strings.Contains(caught[1], "invalid scheme") {
		return cause.DSNMissing
	}
	return dsnCause(caught[1])
}

func defectCause(caught []string) cause.ID { return dsnCause(caught[1]) }

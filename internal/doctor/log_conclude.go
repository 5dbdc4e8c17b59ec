package doctor

import (
	"fmt"
	"strings"

	"github.com/bookedbarber/bbctl/internal/cause"
)

// conclude judges what was only counted, at the end of a log.
func (m *matcher) conclude() logbook {
	m.endTrace()
	book := logbook{lines: m.lines, spoken: m.spoken, passing: map[string]string{}, profilerOff: m.tallied(profilerOff)}
	for _, s := range m.order {
		if s.check == logDSN && strings.Contains(m.signs[s].excerpt, invalidDSN) && len(book.family(logDSN)) > 0 {
			continue // the line before it has said why
		}
		found := finding{sign: s, mark: *m.signs[s], fix: fixes()[s.id]}
		if s.check == logDSN && strings.Contains(found.excerpt, "Transport ") {
			found.note = "the DSN that sentry-go was given is invalid, and nothing is sent: it says so of an empty one, and refuses others in Init"
		}
		book.findings = append(book.findings, found)
	}
	m.judgeHooks(&book)
	m.judgeErrors(&book)
	m.judgeTransactions(&book)
	m.judgeProfiles(&book)
	if sent := m.tallied(sentEvents); sent.count > 0 {
		book.passing[logAnswers] = fmt.Sprintf("%d events were sent, and none was refused", sent.count)
	}
	return book
}

// fixes are those that a log makes more exact than the catalogue can.
func fixes() map[cause.ID]string {
	return map[cause.ID]string{
		cause.DSNMissing:     "set SENTRY_DSN where this process is started, and restart it",
		cause.AppSentNothing: "profiles_sample_rate=float(os.environ[\"SENTRY_PROFILES_SAMPLE_RATE\"]) in init: a text ends the application there",
		cause.AppNoFlush:     "enable-threads = true and py-call-uwsgi-fork-hooks = true in uwsgi.ini: without threads nothing is sent in the background",
		cause.AppExitedBadly: "end the work before the server does (Celery: soft_time_limit below the hard one; gunicorn: --timeout above the slowest request), and give it the memory that it needs: what a killed process still holds is lost",
		cause.IngestSlow:     "find out why the ingest answers late (bbctl doctor measures it), or wait longer: shutdown_timeout=10 in init, in Go a longer Flush",
	}
}

func (b *logbook) add(check string, id cause.ID, severity cause.Severity, at mark, note string, args ...any) {
	b.findings = append(b.findings, finding{
		sign: sign{check, id, severityOf(id, severity)}, mark: at, note: fmt.Sprintf(note, args...),
	})
}

// judgeHooks: a hook that drops noise does its work; one that leaves nothing
// is at fault.
func (m *matcher) judgeHooks(book *logbook) {
	drops, sent := m.tallied(hookDrops), m.tallied(sentEvents).count+m.tallied(sentTransactions).count
	raised := m.signs[sign{logHooks, cause.AppHookDrops, cause.Fail}] != nil
	switch {
	case raised: // each of them is followed by a drop
	case drops.count > 0 && sent == 0:
		book.add(logHooks, cause.AppHookDrops, cause.Fail, drops, "%d dropped and nothing else was sent", drops.count)
	case drops.count > 0:
		book.add(logHooks, cause.AppHookDrops, cause.Warn, drops, "%d dropped beside %d that were sent: well where it is meant to", drops.count, sent)
	}
	if odd := m.tallied(internalErrors); odd.count > 0 && !raised {
		book.add(logHooks, cause.AppHookDrops, cause.Warn, odd,
			"the SDK swallowed an error of its own or of a hook; what it was doing is not to be seen here: look at the lines behind it")
	}
}

func (m *matcher) judgeErrors(book *logbook) {
	drops, sent := m.tallied(errorsSampled), m.tallied(sentEvents).count
	switch {
	case drops.count > 0 && sent == 0:
		book.add(logSampling, cause.AppSampledOut, cause.Fail, drops, "%d dropped, none sent", drops.count)
	case drops.count > 0:
		book.add(logSampling, cause.AppSampledOut, cause.Warn, drops, "%d errors dropped beside %d that were sent: the SampleRate of init is below 1", drops.count, sent)
	}
}

// judgeTransactions tells what sampling means from what it may not do. To be
// left out by chance is no fault, and sentry-python says that the rate is 0
// also where it is the caller who was not sampled.
func (m *matcher) judgeTransactions(book *logbook) {
	begun := m.tallied(started).count + m.tallied(sentTransactions).count
	zero, byChance, bySampler := m.tallied(rateOfZero), m.tallied(randomDrops), m.tallied(samplerZero)
	if zero.count > 0 {
		if begun > 0 || byChance.count > 0 {
			book.add(logSampling, cause.AppParentUnsampled, "", zero,
				"the rate is not 0, since other transactions were sampled by it: these came with a sentry-trace header that ends in -0")
		} else {
			book.add(logSampling, cause.AppTracesSampledOut, "", zero,
				"the traces_sample_rate of init is 0; sentry-python says the same where every caller sends a sentry-trace header that ends in -0")
		}
	}
	if bySampler.count > 0 && begun == 0 {
		book.add(logSampling, cause.AppTracesSampledOut, "", bySampler, "traces_sampler said 0 to all of them")
	}
	if byChance.count > 0 && begun == 0 && zero.count == 0 {
		book.add(logSampling, cause.AppTracesSampledOut, "", byChance, "%d left out by chance and none taken: raise the rate while testing", byChance.count)
	}
	explained := zero.count+byChance.count+bySampler.count > 0
	for s := range m.signs {
		explained = explained || s.check == logSampling
	}
	if plain := m.tallied(unsampled); plain.count > 0 && !explained {
		book.add(logSampling, cause.AppTracesSampledOut, "", plain,
			"without a reason beside it: init got no traces_sample_rate, or the transaction was begun with sampled=False")
	}
	if begun > 0 {
		book.passing[logSampling] = fmt.Sprintf("%d transactions begun or sent, %d left out by chance", begun, byChance.count)
	}
}

// judgeProfiles: short transactions have none by nature. Whether the profiler
// should run is for the settings to say.
func (m *matcher) judgeProfiles(book *logbook) {
	if short := m.tallied(shortProfiles); short.count > 0 && m.tallied(sentProfiles).count == 0 {
		book.add(logProfiles, cause.AppNoProfiles, "", short, "%d transactions were too short for two samples, and none was long enough", short.count)
	}
}

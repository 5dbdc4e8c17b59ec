package doctor

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/bookedbarber/bbctl/internal/config"
)

// month is the seconds of 30 days.
const month = 30 * 24 * 60 * 60

// noneOf is the chance that none of n is taken at a rate.
func noneOf(rate float64, n int) float64 { return math.Pow(1-rate, float64(n)) }

// odds says what a rate between 0 and 1 comes to: how many, what the chance of
// none is, and how many it takes. things are what is counted ("requests").
func odds(rate float64, things string) string {
	of := 20
	if rate < 0.05 {
		of = int(math.Round(min(1/rate, 1e9)))
	}
	need := config.RequestsToSeeOne(rate)
	return fmt.Sprintf("at %s about %s of %s %s are sent; the chance that not one of %d is seen is %s; to see one with 95 %% certainty takes %s %s",
		plain(rate), plain(math.Round(rate*float64(of)*10)/10), count(float64(of)), things, of, share(noneOf(rate, of)), count(float64(need)), things)
}

// plain writes a rate as short as it can be read.
func plain(x float64) string { return digits(x, 4) }

// digits writes a number with so many digits that count, and never as 1e-06.
func digits(x float64, n int) string {
	rounded, err := strconv.ParseFloat(strconv.FormatFloat(x, 'g', n, 64), 64)
	if err != nil {
		rounded = x // it was written by ourselves
	}
	return strconv.FormatFloat(rounded, 'f', -1, 64)
}

// share writes a probability or a rate in per cent.
func share(x float64) string { return digits(x*100, 3) + " %" }

// count writes a number with commas between the thousands.
func count(x float64) string {
	text := strconv.FormatFloat(math.Round(x), 'f', 0, 64)
	var b strings.Builder
	for i, d := range text {
		if i > 0 && (len(text)-i)%3 == 0 {
			b.WriteByte(',')
		}
		b.WriteRune(d)
	}
	return b.String()
}

// volume says what a rate of requests makes in a month of 30 days.
func volume(perSecond, traces, profiles float64) string {
	transactions := perSecond * month * traces
	return fmt.Sprintf("%s transactions and %s profiles", count(transactions), count(transactions*profiles))
}

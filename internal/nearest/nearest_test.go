package nearest

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestDistanceCountsSlips(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, a, b string
		want       int
	}{
		{"the same", "dsn", "dsn", 0},
		{"nothing and a word", "", "dsn", 3},
		{"a word and nothing", "dsn", "", 3},
		{"a letter less", "enviroment", "environment", 1},
		{"a letter more", "relleases", "releases", 1},
		{"another letter", "dsm", "dsn", 1},
		{"two neighbours swapped", "dns", "dsn", 1},
		{"swapped, and a letter more", "dnss", "dsn", 2},
		{"letters that are no neighbours", "nsd", "dsn", 2},
		{"two swaps", "badc", "abcd", 2},
		{"case counts", "DSN", "dsn", 3},
		{"nothing in common", "abc", "xyz", 3},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			if got := Distance(test.a, test.b); got != test.want {
				t.Errorf("Distance(%q, %q) = %d, want %d", test.a, test.b, got, test.want)
			}
			if got := Distance(test.b, test.a); got != test.want {
				t.Errorf("Distance(%q, %q) = %d, want %d: it is the same both ways", test.b, test.a, got, test.want)
			}
		})
	}
}

func TestToFindsWhatWasMeant(t *testing.T) {
	t.Parallel()
	known := []string{
		"delivery", "delivery-error", "delivery", "proxy-malformed", "proxy-unreachable",
		"no-proxy-grammar", "no-proxy-bypasses", "redis", "release", "celery",
	}
	tests := []struct {
		name, word string
		want       []string
	}{
		{"a slip, and the doubled name once", "delivrey", []string{"delivery"}},
		{"the name itself comes first", "delivery", []string{"delivery", "delivery-error"}},
		{"a part, in order and three at most", "proxy", []string{"proxy-malformed", "proxy-unreachable", "no-proxy-grammar"}},
		{"the nearer before the earlier", "relase", []string{"release"}},
		{"a short name takes two slips", "radix", []string{"redis"}},
		{"a short name takes no three", "radxx", nil},
		{"a long name takes a third of its letters", "pxy-unreachbl", []string{"proxy-unreachable"}},
		{"two letters are no part", "er", nil},
		{"nothing like it", "quux", nil},
		{"an empty word", "", nil},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(test.want, To(test.word, known)); diff != "" {
				t.Errorf("To(%q) (-want +got)\n%s", test.word, diff)
			}
		})
	}
}

func TestNearerNamesComeFirst(t *testing.T) {
	t.Parallel()
	got := To("rate-limit", []string{"rated-limbs", "rate-limits", "rate-limit"})
	if diff := cmp.Diff([]string{"rate-limit", "rate-limits", "rated-limbs"}, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

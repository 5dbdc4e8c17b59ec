package infra

import (
	"net/url"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestUnescapeLeavesWhatIsNoEscape(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"": "", "plain+plus": "plain+plus", "p%40w": "p@w", "100%": "100%", "%zz%41": "%zzA", "%4": "%4",
	} {
		if got := Unescape(in); got != want {
			t.Errorf("Unescape(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestQueryDropsOptionsWithoutAValue(t *testing.T) {
	t.Parallel()
	got := Query("host=a&host=b&empty=&alone&name=a%26b+c&odd=%")
	if diff := cmp.Diff(url.Values{"host": {"a", "b"}, "name": {"a&b c"}, "odd": {"%"}}, got); diff != "" {
		t.Errorf("Query (-want +got):\n%s", diff)
	}
}

func TestExcerptIsOnePrintableLine(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"220 mail\r\nnext": "220 mail", "\r\n-ERR x\r\n": "-ERR x", "a\x00\x1b[31m\xff": "a··[31m·", "abcdefghijkl": "abcdefghij…",
	} {
		if got := Excerpt(in, 10); got != want {
			t.Errorf("Excerpt(%q) = %q, want %q", in, got, want)
		}
	}
}

package envfile

import (
	"fmt"
	"strings"
	"testing"
)

// BenchmarkParse reads a file of a hundred lines as each reader does.
func BenchmarkParse(b *testing.B) {
	var text strings.Builder
	for i := range 20 {
		fmt.Fprintf(&text, "# settings of part %d\n\nKEY_%d=value-%d # as agreed\nURL_%d=\"https://example.com/${KEY_%d}\"\nNAME_%d='barber %d'\n", i, i, i, i, i, i, i)
	}
	content := []byte(text.String())
	for _, r := range []Reader{PythonDotenv, Godotenv, Shell, Docker, Systemd} {
		b.Run(string(r), func(b *testing.B) {
			b.ReportAllocs()
			b.SetBytes(int64(len(content)))
			for b.Loop() {
				if got := Parse(r, content, Options{}); len(got.Entries) != 60 {
					b.Fatalf("%d entries: %v", len(got.Entries), got.Problems)
				}
			}
		})
	}
}

// BenchmarkEdit makes four changes in ten thousand lines, and in 5 MB that are
// nearly all one value.
func BenchmarkEdit(b *testing.B) {
	var keys strings.Builder
	for i := range 10_000 {
		fmt.Fprintf(&keys, "KEY_%d=value-%d # as agreed\n", i, i)
	}
	texts := []struct{ name, text string }{
		{"keys-10000", keys.String()},
		{"value-5MB", "# settings\nKEY_7='" + strings.Repeat("0123456789abcde ", 5<<20/16) + "'\nKEY_8=1\n"},
	}
	changes := []Change{
		{Key: "KEY_7", Value: "other"}, {Key: "KEY_NEW", Value: "one two"}, {Key: "KEY_8", Remove: true}, {Key: "SENTRY_DSN", Value: "x"},
	}
	for _, test := range texts {
		b.Run(test.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if got, err := Edit([]byte(test.text), changes); err != nil || len(got.Applied) != 4 {
					b.Fatalf("%v", err)
				}
			}
			b.ReportMetric(b.Elapsed().Seconds()*1e3/float64(b.N), "ms-edit")
		})
	}
}

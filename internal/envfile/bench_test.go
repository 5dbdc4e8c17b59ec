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

package config

import (
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/bookedbarber/bbctl/internal/cause"
)

func TestExposedEnvFile(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		t.Skip("its files have no such modes")
	}
	secret := "sntry" + "s_" + strings.Repeat("aB3", 8)
	tests := []struct {
		name, file string
		mode       fs.FileMode
		environ    []string
		want       string // in the evidence; empty: no problem
	}{
		{"production, for its owner", "SENTRY_ENVIRONMENT=production\n", 0o600, nil, ""},
		{"production, for its group", "SENTRY_ENVIRONMENT=production\n", 0o640, nil, ""},
		{"production, for all", "SENTRY_ENVIRONMENT=production\n", 0o644, nil, "mode is 0644|the environment is production"},
		{"production by the process", "A=b\n", 0o644, []string{"SENTRY_ENVIRONMENT=prod"}, "the environment is prod"},
		{"development, for all", "SENTRY_ENVIRONMENT=development\nDATABASE_URL=postgres://u:p@db/x\nSECRET_KEY=x\n", 0o644, nil, ""},
		{"staging, for all", "SENTRY_ENVIRONMENT=staging\n", 0o644, nil, ""},
		{"a token, for all", "SENTRY_AUTH_TOKEN=x\n", 0o644, nil, "SENTRY_AUTH_TOKEN stands in it"},
		{"a token of another name", "UPLOAD=" + secret + "\n", 0o604, nil, "UPLOAD stands in it"},
		{"a token that is empty", "SENTRY_AUTH_TOKEN=\n", 0o644, nil, ""},
		{"to be changed by all", "A=b\n", 0o666, nil, "mode is 0666|can change it"},
		{"to be changed by its group", "A=b\n", 0o664, nil, ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			dir := written(t, map[string]string{".env": test.file})
			if err := os.Chmod(filepath.Join(dir, ".env"), test.mode); err != nil {
				t.Fatal(err)
			}
			found := only(load(t, dir, test.environ...).Problems(), cause.EnvFileExposed)
			if len(found) > 1 || (len(found) == 1) != (test.want != "") {
				t.Fatalf("got %+v, want %q", found, test.want)
			}
			for part := range strings.SplitSeq(test.want, "|") {
				if len(found) == 1 && (!strings.Contains(found[0].Evidence, part) || found[0].Fix != "chmod 600 .env" || strings.Contains(found[0].Evidence, secret)) {
					t.Errorf("evidence %q lacks %q, fix %q", found[0].Evidence, part, found[0].Fix)
				}
			}
		})
	}
	sample := written(t, map[string]string{".env.example": "SENTRY_ENVIRONMENT=production\n"})
	if err := os.Chmod(filepath.Join(sample, ".env.example"), 0o644); err != nil {
		t.Fatal(err)
	}
	c, err := Load(t.Context(), Options{Dir: sample, EnvFile: ".env.example"})
	if err != nil {
		t.Fatal(err)
	}
	if found := only(c.Problems(), cause.EnvFileExposed); len(found) > 0 {
		t.Errorf("a sample is for everybody: %+v", found)
	}
}

func TestRequestsToSeeOne(t *testing.T) {
	t.Parallel()
	for rate, want := range map[float64]int{1: 1, 0.5: 5, 0.1: 29, 0.05: 59, 0.01: 299, 0.001: 2995} {
		if got := RequestsToSeeOne(rate); got != want {
			t.Errorf("at %g: %d, want %d", rate, got, want)
		}
	}
}

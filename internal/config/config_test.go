package config

import (
	"errors"
	"io/fs"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/bookedbarber/bbctl/internal/cause"
)

// testDSN is made, so that no text here looks like a key of somebody.
func testDSN() string {
	return "https://" + strings.Repeat("a1", 16) + "@o42.ingest.us.sentry.io/4505"
}

// tree copies a folder of testdata/env out of this repository's checkout,
// which would otherwise be found from it.
func tree(t *testing.T, name string) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "tree")
	if err := os.CopyFS(dir, os.DirFS(filepath.Join("..", "..", "testdata", "env", name))); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(filepath.Join(dir, ".env"), 0o600); err != nil && !errors.Is(err, fs.ErrNotExist) {
		t.Fatal(err) // a checkout does not keep who may read a file
	}
	return dir
}

// written makes a folder with files of the given contents.
func written(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, content := range files {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func load(t *testing.T, dir string, environ ...string) *Config {
	t.Helper()
	c, err := Load(t.Context(), Options{Dir: dir, Environ: environ})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestHighestValueWins(t *testing.T) {
	t.Parallel()
	dir := written(t, map[string]string{".env": "# ours\nSENTRY_ENVIRONMENT=staging\n"})
	tests := []struct {
		name          string
		flags         map[string]string
		environ       []string
		value, origin string
		all           int
		why           string
	}{
		{"flag", map[string]string{KeyEnvironment: "qa"}, []string{"SENTRY_ENVIRONMENT=production"}, "qa", "flag", 4, "a flag wins over everything"},
		{"process", nil, []string{"SENTRY_ENVIRONMENT=production"}, "production", "process environment", 3, "wins over .env:2: python-dotenv keeps"},
		{"the last of the process", nil, []string{"SENTRY_ENVIRONMENT=a", "SENTRY_ENVIRONMENT=b"}, "b", "process environment", 3, "wins over .env:2"},
		{"process, the same", nil, []string{"SENTRY_ENVIRONMENT=staging"}, "staging", "process environment", 3, "the same as .env:2"},
		{"process, empty", nil, []string{"SENTRY_ENVIRONMENT="}, "", "process environment", 3, "even empty"},
		{"file", nil, nil, "staging", ".env:2", 2, "in the .env file alone"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			c, err := Load(t.Context(), Options{Dir: dir, Flags: test.flags, Environ: test.environ})
			if err != nil {
				t.Fatal(err)
			}
			v := c.Value(KeyEnvironment)
			if v.Value != test.value || v.Origin.String() != test.origin || len(v.All) != test.all || !v.Set {
				t.Errorf("got %q from %s of %d values, set %t; want %q from %s of %d", v.Value, v.Origin, len(v.All), v.Set, test.value, test.origin, test.all)
			}
			if v.Empty != (test.value == "") || !strings.Contains(v.Why, test.why) {
				t.Errorf("empty %t, why %q; want %q", v.Empty, v.Why, test.why)
			}
			if last := v.All[len(v.All)-1]; last.Origin.Kind != KindDefault || last.Value != "development" {
				t.Errorf("the last of all is %v, want the default", last)
			}
		})
	}
}

func TestDefaultIsShownAsWhatItIs(t *testing.T) {
	t.Parallel()
	c := load(t, t.TempDir())
	v := c.Value(KeyTracesSampleRate)
	if got := v.Value + " (" + v.Origin.String() + ")"; got != "0.1 (default of our table; SDKs: off unless passed to init)" {
		t.Errorf("got %s", got)
	}
	if v.Set {
		t.Error("a default counts as set")
	}
	if _, ok := c.Lookup(KeyTracesSampleRate); ok {
		t.Error("Lookup returns a default, which the application does not see")
	}
}

func TestLastLineWins(t *testing.T) {
	t.Parallel()
	v := load(t, written(t, map[string]string{".env": "SENTRY_DEBUG=true\nA=b\nSENTRY_DEBUG=false\n"})).Value(KeyDebug)
	want := []Found{
		{"false", Origin{Kind: KindFile, File: ".env", Line: 3}},
		{"true", Origin{Kind: KindFile, File: ".env", Line: 1}},
		{"false", Origin{Kind: KindDefault, Detail: "default of our table; SDKs: off"}},
	}
	if diff := cmp.Diff(want, v.All); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

func TestEnvFileIsLookedForUpToTheRoot(t *testing.T) {
	t.Parallel()
	const head = "0123456789abcdef0123456789abcdef01234567"
	files := map[string]string{
		".env":                      "SENTRY_ENVIRONMENT=outside\n",
		"repo/.git/HEAD":            head,
		"repo/.git/objects/x":       "",
		"repo/.env":                 "SENTRY_ENVIRONMENT=root\n",
		"repo/a/b/c.txt":            "",
		"repo/own/.env":             "SENTRY_ENVIRONMENT=own\n",
		"repo/venv/.env/pyvenv.cfg": "",
		"other/.git/HEAD":           head,
		"other/.git/objects/x":      "",
		"plain/x":                   "",
	}
	dir := written(t, files)
	for from, want := range map[string]string{
		"repo": "root", "repo/a/b": "root", "repo/own": "own", "repo/venv": "root",
		"other": "", "plain": "", ".": "outside",
	} {
		c := load(t, filepath.Join(dir, from))
		got, _ := c.Lookup(KeyEnvironment)
		if got != want {
			t.Errorf("from %s: got %q, want %q", from, got, want)
		}
		if _, found := c.EnvFile(); found != (want != "") {
			t.Errorf("from %s: found is %t", from, found)
		}
	}
	if got := load(t, filepath.Join(dir, "repo/a/b")).Value(KeyEnvironment).Origin.String(); got != "../../.env:1" {
		t.Errorf("origin is %s", got)
	}
}

func TestNamedEnvFile(t *testing.T) {
	t.Parallel()
	dir := written(t, map[string]string{".env": "SENTRY_ENVIRONMENT=dot\n", "conf/prod.env": "SENTRY_ENVIRONMENT=named\n"})
	c, err := Load(t.Context(), Options{Dir: dir, EnvFile: "conf/prod.env"})
	if err != nil || c.Environment() != "named" {
		t.Errorf("got %v, %v", c, err)
	}
	for _, name := range []string{"absent.env", "conf"} {
		if _, err := Load(t.Context(), Options{Dir: dir, EnvFile: name}); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("--env-file %s: %v, want an error that names it", name, err)
		}
	}
	c, err = Load(t.Context(), Options{Dir: dir, EnvFile: "conf", Forgiving: true})
	if err != nil || len(c.Problems()) == 0 || c.Problems()[0].Cause != cause.EnvFileUnreadable {
		t.Errorf("--env-file conf, forgiving: %v, want the problem that it cannot be read", err)
	}
	if _, err = Load(t.Context(), Options{Dir: dir, EnvFile: "absent.env", Forgiving: true}); err == nil {
		t.Error("--env-file absent.env, forgiving: no error, and nothing was found")
	}
	c, err = Load(t.Context(), Options{Dir: dir, EnvFile: os.DevNull})
	if err != nil || c.Environment() != "development" {
		t.Errorf("--env-file %s: %v, want no file at all", os.DevNull, err)
	}
}

func TestDSNState(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, file string
		environ    []string
		want       State
	}{
		{"nothing at all", "", nil, DSNAbsent},
		{"another application's file", "DATABASE_URL=x\nMY_SENTRY=1\n", nil, DSNAbsent},
		{"commented out", "# SENTRY_DSN=\n#SENTRY_ENVIRONMENT=a\n", nil, DSNAbsent},
		{"SENTRY_ of the process alone", "", []string{"SENTRY_ENVIRONMENT=ci"}, DSNAbsent},
		{"set empty in the process", "", []string{"SENTRY_DSN="}, DSNLost},
		{"blank in the process", "", []string{"SENTRY_DSN= "}, DSNLost},
		{"set empty in the file", "SENTRY_DSN=\n", nil, DSNLost},
		{"empty process over the file", "SENTRY_DSN=" + testDSN() + "\n", []string{"SENTRY_DSN="}, DSNLost},
		{"other keys in the file", "SENTRY_ENVIRONMENT=production\n", nil, DSNLost},
		{"with a colon", "SENTRY_DSN: " + testDSN() + "\n", nil, DSNLost},
		{"behind a byte-order mark", "\ufeffSENTRY_DSN=" + testDSN() + "\n", nil, DSNLost},
		{"in the file", "SENTRY_DSN=" + testDSN() + "\n", nil, DSNPresent},
		{"in the process", "SENTRY_ENVIRONMENT=a\n", []string{"SENTRY_DSN=" + testDSN()}, DSNPresent},
		{"defective", "SENTRY_DSN=None\n", nil, DSNPresent},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			files := map[string]string{"x": ""}
			if test.file != "" {
				files[".env"] = test.file
			}
			c := load(t, written(t, files), test.environ...)
			if got := c.DSNState(); got != test.want {
				t.Errorf("got %s, want %s", got, test.want)
			}
			if _, err := c.DSN(); (err == nil) != (test.want == DSNPresent && test.name != "defective") {
				t.Errorf("DSN: %v", err)
			}
		})
	}
}

func TestReleaseOrder(t *testing.T) {
	t.Parallel()
	const head = "0123456789abcdef0123456789abcdef01234567"
	dir := written(t, map[string]string{".git/HEAD": head, ".git/objects/x": ""})
	var environ []string
	for i, key := range releaseVariables() {
		environ = append(environ, key+"=ci"+string(rune('0'+i)))
	}
	for i := range releaseVariables() {
		got := load(t, dir, environ[i:]...).Release()
		want := "ci" + string(rune('0'+i))
		if got.Value != want || got.Origin.Kind != KindDetected || !strings.HasPrefix(got.Origin.String(), releaseVariables()[i]) {
			t.Errorf("got %q from %s, want %q", got.Value, got.Origin, want)
		}
	}
	if got := load(t, dir, append(environ, "SENTRY_RELEASE=v1")...).Release(); got.Value != "v1" || got.Origin.Kind != KindProcess {
		t.Errorf("got %q from %s, want SENTRY_RELEASE", got.Value, got.Origin)
	}
	for _, environ := range [][]string{nil, {"SENTRY_RELEASE="}, {"GITHUB_SHA=abc"}} {
		if got := load(t, dir, environ...).Release(); got.Value != head || got.Origin.String() != "git rev-parse HEAD" {
			t.Errorf("with %v: got %q from %s, want the commit", environ, got.Value, got.Origin)
		}
	}
	if got := load(t, t.TempDir()).Release(); got.Value != "" || got.Origin.Kind != "" {
		t.Errorf("outside of a checkout: got %q from %s", got.Value, got.Origin)
	}
	v := load(t, dir).Value(KeyRelease)
	if v.Value != head || v.Set || v.Why != "SENTRY_RELEASE is not set" {
		t.Errorf("got %+v, want the detected release, not set", v)
	}
}

func TestDescribeIsShownAndNotUsed(t *testing.T) {
	t.Parallel()
	if _, err := exec.LookPath("git"); err != nil {
		t.Skip("git is not installed")
	}
	dir := repository(t)
	got := load(t, dir).Release()
	if len(got.Value) != 40 || got.Describe == "" || !strings.HasPrefix(got.Value, strings.TrimSuffix(got.Describe, "-dirty")) {
		t.Errorf("got %q, describe %q", got.Value, got.Describe)
	}
}

// repository makes a checkout with one commit that holds README.
func repository(t *testing.T) string {
	t.Helper()
	dir := written(t, map[string]string{"README": "x"})
	inGit(t, dir, "init", "--quiet")
	inGit(t, dir, "config", "core.excludesFile", os.DevNull) // whatever whoever runs this ignores
	inGit(t, dir, "add", "README")
	inGit(t, dir, "-c", "user.name=Test", "-c", "user.email=test@example.com", "-c", "commit.gpgSign=false", "commit", "--quiet", "--message=first")
	return dir
}

func inGit(t *testing.T, dir string, args ...string) {
	t.Helper()
	cmd := exec.Command("git", args...)
	cmd.Dir = dir
	// A hook that runs the tests has GIT_DIR and the like set to this repository.
	cmd.Env = slices.DeleteFunc(os.Environ(), func(line string) bool { return strings.HasPrefix(line, "GIT_") })
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("git %v: %v\n%s", args, err, out)
	}
}

func TestSentryCLIFiles(t *testing.T) {
	t.Parallel()
	dir := tree(t, "cli")
	home := "HOME=" + filepath.Join(dir, "home")
	c := load(t, filepath.Join(dir, "project", "backend"), home)
	want := map[string]string{
		KeyOrg:       "bookedbarber ../.sentryclirc:6",
		KeyProject:   "api ../../home/.sentryclirc:5",
		KeyURL:       "https://sentry.example.com/ ../../home/.sentryclirc:7",
		KeyAuthToken: "**** (14 characters) ../../home/.sentryclirc:2",
	}
	for key, text := range want {
		v := c.Value(key)
		if got := v.Shown() + " " + v.Origin.String(); got != text {
			t.Errorf("%s: got %s, want %s", key, got, text)
		}
	}
	c = load(t, filepath.Join(dir, "project", "backend"), home, "SENTRY_ORG=other")
	if v := c.Value(KeyOrg); v.Value != "other" || len(v.Shadowed()) != 2 {
		t.Errorf("got %+v, want the process environment over both files", v)
	}
	if v := load(t, dir, "HOME="+t.TempDir()).Value(KeyURL); v.Set || v.Value != "https://sentry.io/" {
		t.Errorf("got %+v, want sentry-cli's default", v)
	}
}

// TestTokenGoesOnlyWhereItBelongs plays what sentry-cli 3.8 was seen to do
// with each pair: the one from the lower source is left out.
func TestTokenGoesOnlyWhereItBelongs(t *testing.T) {
	t.Parallel()
	const token, address = "[auth]\ntoken=made\n", "[defaults]\nurl=https://sentry.example.com/\n"
	tests := []struct {
		name, project, home string
		environ             []string
		file                string
		token, url          bool
	}{
		{"token at home, no address", "", token, nil, "", true, false},
		{"both at home", "", token + address, nil, "", true, true},
		{"both in the project", token + address, token + address, nil, "", true, true},
		{"token at home, address in the project", address, token, nil, "", false, true},
		{"both at home, address in the project", address, token + address, nil, "", false, true},
		{"token in the project, address at home", token, address, nil, "", true, false},
		{"token at home, address in the environment", "", token, []string{"SENTRY_URL=https://sentry.io/"}, "", false, true},
		{"token at home, address in .env", "", token, nil, "SENTRY_URL=https://sentry.io/\n", false, true},
		{"token in the environment, address in the project", address, "", []string{"SENTRY_AUTH_TOKEN=made"}, "", true, false},
		{"token in the environment, address in .env", "", "", []string{"SENTRY_AUTH_TOKEN=made"}, "SENTRY_URL=https://sentry.io/\n", true, true},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			dir := written(t, map[string]string{"p/.sentryclirc": test.project, "home/.sentryclirc": test.home, "p/.env": test.file})
			c := load(t, filepath.Join(dir, "p"), append(test.environ, "HOME="+filepath.Join(dir, "home"))...)
			for key, want := range map[string]bool{KeyAuthToken: test.token, KeyURL: test.url} {
				v := c.Value(key)
				if _, ok := c.Lookup(key); ok != want || v.Set != want {
					t.Errorf("%s: used is %t, want %t (%s)", key, ok, want, v.Why)
				}
				if !want && len(c.everything(key)) > 0 && !strings.Contains(v.Why, "is not used") {
					t.Errorf("%s: why is %q", key, v.Why)
				}
			}
		})
	}
}

func TestTypedValues(t *testing.T) {
	t.Parallel()
	c := load(t, t.TempDir(), "SENTRY_SAMPLE_RATE= 0.5 ", "SENTRY_TRACES_SAMPLE_RATE=0,5", "SENTRY_DEBUG=On", "SENTRY_SEND_DEFAULT_PII=maybe", "SENTRY_ENVIRONMENT= ")
	if got, err := c.Rate(KeySampleRate); got != 0.5 || err != nil {
		t.Errorf("Rate = %g, %v", got, err)
	}
	if _, err := c.Rate(KeyTracesSampleRate); err == nil {
		t.Error("a decimal comma passes")
	}
	if got, err := c.Rate(KeyProfilesSampleRate); got != 0.1 || err != nil {
		t.Errorf("Rate by default = %g, %v", got, err)
	}
	if got, err := c.Bool(KeyDebug); !got || err != nil {
		t.Errorf("Bool = %t, %v", got, err)
	}
	if _, err := c.Bool(KeySendDefaultPII); err == nil {
		t.Error("maybe is a boolean")
	}
	if got := c.Environment(); got != "development" {
		t.Errorf("Environment = %q", got)
	}
}

// TestPresetsAreTheTeams holds the figures that the team has settled.
func TestPresetsAreTheTeams(t *testing.T) {
	t.Parallel()
	var got []string
	for _, p := range Presets() {
		got = append(got, strings.Join([]string{p.Name, p.SampleRate, p.TracesSampleRate, p.ProfilesSampleRate}, " "))
		if p.Debug != (p.Name == "development") || p.SendDefaultPII {
			t.Errorf("%s: debug %t, personal data %t", p.Name, p.Debug, p.SendDefaultPII)
		}
	}
	want := []string{"development 1.0 1.0 1.0", "staging 1.0 0.1 0.1", "production 1.0 0.05 0.05"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

func TestProxy(t *testing.T) {
	t.Parallel()
	const target = "https://o42.ingest.us.sentry.io/api/1/envelope/"
	tests := []struct {
		name, url string
		environ   []string
		want      string
		fails     bool
	}{
		{"none", target, nil, "", false},
		{"https", target, []string{"HTTPS_PROXY=http://p:1", "HTTP_PROXY=http://q:2"}, "http://p:1", false},
		{"lower case first", target, []string{"HTTPS_PROXY=http://p:1", "https_proxy=http://l:3"}, "http://l:3", false},
		{"http for https", target, []string{"HTTP_PROXY=http://q:2"}, "http://q:2", false},
		{"https not for http", "http://sentry.example.com/", []string{"HTTPS_PROXY=http://p:1"}, "", false},
		{"no proxy by suffix", target, []string{"HTTPS_PROXY=http://p:1", "NO_PROXY=localhost, .sentry.io"}, "", false},
		{"no proxy, a last comma", target, []string{"HTTPS_PROXY=http://p:1", "NO_PROXY=localhost,"}, "", false},
		{"no proxy, another host", target, []string{"HTTPS_PROXY=http://p:1", "NO_PROXY=example.com"}, "http://p:1", false},
		{"loopback", "http://127.0.0.1:8969/", []string{"HTTP_PROXY=http://q:2"}, "", false},
		{"malformed", target, []string{"HTTPS_PROXY=user:hunter2@p:1"}, "", true},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			u, err := url.Parse(test.url)
			if err != nil {
				t.Fatal(err)
			}
			got, err := load(t, t.TempDir(), test.environ...).Proxy(&http.Request{URL: u})
			if (err != nil) != test.fails {
				t.Fatalf("error %v", err)
			}
			if err != nil && strings.Contains(err.Error(), "hunter2") {
				t.Errorf("the password is in %v", err)
			}
			text := ""
			if got != nil {
				text = got.String()
			}
			if text != test.want {
				t.Errorf("got %q, want %q", text, test.want)
			}
		})
	}
}

func TestMaskHidesSecrets(t *testing.T) {
	t.Parallel()
	secret := "hunter" + "2hunter2"
	key := strings.Repeat("a1", 16)
	tests := []struct{ key, value, want string }{
		{KeyDSN, testDSN(), "https://a1a1****@o42.ingest.us.sentry.io/4505"},
		{KeyDSN, `"` + testDSN() + `"`, `"https://****@o42.ingest.us.sentry.io/4505"`},
		{KeyDSN, "SENTRY_DSN=" + testDSN(), "SENTRY_DSN=https://****@o42.ingest.us.sentry.io/4505"},
		{KeyDSN, key, "**** (32 characters)"},
		{KeyDSN, "${SENTRY_DSN}", "${SENTRY_DSN}"},
		{KeyDatabaseURL, "postgresql://bb:" + secret + "@db:5432/bb", "postgresql://bb:****@db:5432/bb"},
		{KeyDatabaseURL, "postgresql://bb:" + secret + "?@/#@db/bb?password=" + secret, "postgresql://bb:****@db/bb?****"},
		{KeyRedisURL, "redis://:" + secret + "@cache:6379/0", "redis://:****@cache:6379/0"},
		{KeyRedisURL, "redis://" + secret + "@cache:6379/0", "redis://****@cache:6379/0"},
		{KeyCeleryBrokerURL, secret, "**** (14 characters)"},
		{KeyAuthToken, "sntrys_" + secret, "**** (21 characters)"},
		{KeyHTTPSProxy, "proxy:3128", "proxy:3128"},
		{KeyHTTPSProxy, "user:" + secret + "@proxy:3128", "**** (30 characters)"},
		{KeyHTTPSProxy, "http://user:" + secret + "@proxy:3128", "http://user:****@proxy:3128"},
		{KeyOrg, "sntrys_" + secret, "****"},
		{KeyEnvironment, testDSN(), "https://a1a1****@o42.ingest.us.sentry.io/4505"},
		{KeyEnvironment, "prod\x1b[2J\n", `prod\x1b[2J\n`},
		{KeySampleRate, "1.0", "1.0"},
	}
	for _, test := range tests {
		got := Mask(test.key, test.value)
		if got != test.want {
			t.Errorf("%s: got %s, want %s", test.key, got, test.want)
		}
		if strings.Contains(got, secret) || strings.Contains(got, key) {
			t.Errorf("%s: a secret is shown", test.key)
		}
	}
}

func TestReadSample(t *testing.T) {
	t.Parallel()
	got := ReadSample([]byte("export A=\"b c\"\nB='d'\nC=1.0 # note\nA=last\n"))
	if diff := cmp.Diff(map[string]string{"A": "last", "B": "d", "C": "1.0"}, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

func FuzzParseINI(f *testing.F) {
	f.Add("[auth]\ntoken = \"abc\"\n; c\n[defaults]\norg=o\nproject: p\n")
	f.Add("\ufeff[a\n=x\n:\n[]\nk=\n'=\"\n")
	f.Fuzz(func(t *testing.T, text string) {
		last := 0
		for _, s := range parseINI(text) {
			if s.key == "" && strings.TrimSpace(s.key) != s.key {
				t.Errorf("key %q", s.key)
			}
			if s.line <= last || s.line > 1+strings.Count(text, "\n") {
				t.Errorf("line %d after %d", s.line, last)
			}
			last = s.line
			if strings.ContainsAny(s.key+s.value+s.section, "\n") {
				t.Errorf("a newline in %+v", s)
			}
		}
	})
}

// BenchmarkLoad loads a file as large as a real one, of a checkout.
func BenchmarkLoad(b *testing.B) {
	dir := b.TempDir()
	content := "SENTRY_DSN=" + testDSN() + "\n" + strings.Repeat("# a comment\nKEY_OF_THE_APPLICATION=value\n", 100)
	if err := os.WriteFile(filepath.Join(dir, ".env"), []byte(content), 0o644); err != nil {
		b.Fatal(err)
	}
	environ := []string{"PATH=/bin", "HOME=" + dir, "SENTRY_ENVIRONMENT=production"}
	for b.Loop() {
		c, err := Load(b.Context(), Options{Dir: dir, Environ: environ})
		if err != nil || c.DSNState() != DSNPresent {
			b.Fatal(err)
		}
	}
}

// BenchmarkProblems adds what Problems reads and asks.
func BenchmarkProblems(b *testing.B) {
	dir := b.TempDir()
	content := "SENTRY_DSN=" + testDSN() + "\nSENTRY_ENVIRONMENT=production\nSENTRY_RELEASE=v1\n"
	if err := os.WriteFile(filepath.Join(dir, ".env"), []byte(content), 0o644); err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		c, err := Load(b.Context(), Options{Dir: dir})
		if err != nil {
			b.Fatal(err)
		}
		if p := c.Problems(); len(p) > 0 {
			b.Fatal(p)
		}
	}
}

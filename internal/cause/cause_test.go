package cause

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// row is a line of the vocabulary: what the catalogue is bound to.
type row struct {
	ID        ID
	Stage     Stage
	Severity  Severity
	Catalogue []string
}

// vocabulary reads a table of causes: id, stage, severity and the codes of the
// research, a dash for none, then words that bind nobody.
func vocabulary(t *testing.T, path string) []row {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	header, rest, _ := strings.Cut(string(content), "\n")
	if want := "id\tstage\tseverity\tcatalogue\twhat it says"; header != want {
		t.Fatalf("%s: header %q, want %q", path, header, want)
	}
	var rows []row
	for line := range strings.Lines(rest) {
		fields := strings.Split(strings.TrimSuffix(line, "\n"), "\t")
		if len(fields) != 5 {
			t.Fatalf("%s: %d fields in %q, want 5", path, len(fields), line)
		}
		r := row{ID: ID(fields[0]), Stage: Stage(fields[1]), Severity: Severity(fields[2])}
		if fields[3] != "-" {
			r.Catalogue = strings.Fields(fields[3])
		}
		rows = append(rows, r)
	}
	if len(rows) == 0 {
		t.Fatalf("%s holds no cause", path)
	}
	return rows
}

func catalogued() []row {
	var rows []row
	for _, c := range All() {
		rows = append(rows, row{c.ID, c.Stage, c.Severity, c.Catalogue})
	}
	return rows
}

func TestCatalogueIsTheVocabulary(t *testing.T) {
	t.Parallel()
	want := vocabulary(t, filepath.Join("testdata", "causes.tsv"))
	if diff := cmp.Diff(want, catalogued()); diff != "" {
		t.Errorf("the catalogue differs from testdata/causes.tsv (-want +got)\n%s", diff)
	}
}

// TestVocabularyHoldsTheSharedOne compares the copy with the table that it was
// copied from, where that stands beside this repository. Ids may be added to
// it, never renamed or left out.
func TestVocabularyHoldsTheSharedOne(t *testing.T) {
	t.Parallel()
	shared := filepath.Join("..", "..", "..", "shared", "causes.tsv")
	if _, err := os.Stat(shared); err != nil {
		t.Skipf("the shared table is not beside this checkout: the copy in testdata stands alone")
	}
	want := vocabulary(t, shared)
	got := slices.DeleteFunc(vocabulary(t, filepath.Join("testdata", "causes.tsv")), func(r row) bool {
		return !slices.ContainsFunc(want, func(w row) bool { return w.ID == r.ID })
	})
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("testdata/causes.tsv leaves the shared table (-want +got)\n%s", diff)
	}
}

func TestIDsAreUniqueLowerKebabCase(t *testing.T) {
	t.Parallel()
	kebab := regexp.MustCompile(`^[a-z][a-z0-9]*(?:-[a-z0-9]+)*$`)
	seen := map[ID]bool{}
	for _, c := range All() {
		if !kebab.MatchString(string(c.ID)) {
			t.Errorf("%q is not lower-kebab-case", c.ID)
		}
		if seen[c.ID] {
			t.Errorf("%s stands twice", c.ID)
		}
		seen[c.ID] = true
	}
}

func TestStagesStandInTheirOrder(t *testing.T) {
	t.Parallel()
	var got []Stage
	for _, c := range All() {
		got = append(got, c.Stage)
	}
	want := []Stage{StageEnvironment, StageProbe, StageApp, StageAPI, StageServices, StageSuite}
	if diff := cmp.Diff(want, slices.Compact(got)); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

func TestGet(t *testing.T) {
	t.Parallel()
	for _, want := range All() {
		got, ok := Get(want.ID)
		if !ok {
			t.Errorf("Get(%q) finds nothing", want.ID)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("Get(%q) (-want +got)\n%s", want.ID, diff)
		}
	}
	for _, id := range []ID{"", "dsn", "no-such-cause", "DSN-MISSING"} {
		if got, ok := Get(id); ok {
			t.Errorf("Get(%q) = %q, want nothing", id, got.ID)
		}
	}
}

func TestWhatIsReturnedIsTheCallersOwn(t *testing.T) {
	t.Parallel()
	mine := All()
	mine[0].Catalogue[0] = "changed"
	mine[0].ID = "changed"
	got, _ := Get(DSNMissing)
	got.Sources[0] = "changed"
	again, ok := Get(DSNMissing)
	if !ok || again.Catalogue[0] == "changed" || again.Sources[0] == "changed" {
		t.Errorf("a caller's change reached the next one: %+v", again)
	}
}

func TestNearestFindsMisspellings(t *testing.T) {
	t.Parallel()
	tests := map[string]ID{
		"dsn-mising":                DSNMissing,
		"dns-missing":               DSNMissing,
		"dsn_placeholder":           DSNPlaceholder,
		"tls-untrused":              TLSUntrusted,
		"rate-limtied-organization": RateLimitedOrganization,
		"dns-unresolveable":         DNSUnresolvable,
		"celery-no-workers":         CeleryNoWorker,
		"spotlight":                 SpotlightLeftOn,
		"env-file-BOM":              EnvFileBOM,
	}
	for text, want := range tests {
		got := Nearest(text)
		if len(got) == 0 || got[0] != want {
			t.Errorf("Nearest(%q) = %v, want %s first", text, got, want)
		}
		if len(got) > 3 {
			t.Errorf("Nearest(%q) returns %d ids, want three at most", text, len(got))
		}
	}
	for _, text := range []string{"", "frobnicate", "x"} {
		if got := Nearest(text); got != nil {
			t.Errorf("Nearest(%q) = %v, want none", text, got)
		}
	}
}

func TestDocIsAnAnchorOfTheCausesPage(t *testing.T) {
	t.Parallel()
	if got, want := DSNMissing.Doc(), "docs/causes.md#dsn-missing"; got != want {
		t.Errorf("Doc() = %q, want %q", got, want)
	}
}

func BenchmarkGet(b *testing.B) {
	for b.Loop() {
		if _, ok := Get(LibraryBroken); !ok { // the last of all
			b.Fatal("not found")
		}
	}
}

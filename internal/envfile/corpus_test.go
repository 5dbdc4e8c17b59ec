package envfile

import (
	"bufio"
	"bytes"
	"encoding/base64"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// corpusFile is a file of testdata/dotenv and what real programs read in it.
type corpusFile struct {
	File string
	Text pieces
	Read []struct {
		By      []string
		Refused bool
		Values  map[string]pieces
		Alone   []string
	}
}

// pieces is a text in pieces: see testdata/dotenv/README.md.
type pieces string

func (p *pieces) UnmarshalJSON(b []byte) error {
	if b[0] == '"' {
		return json.Unmarshal(b, (*string)(p))
	}
	var parts []json.RawMessage
	if err := json.Unmarshal(b, &parts); err != nil {
		return err
	}
	var whole strings.Builder
	for _, part := range parts {
		var piece struct {
			Base64, Repeat string
			Length         int
		}
		if part[0] == '"' {
			piece.Length = 1
			if err := json.Unmarshal(part, &piece.Repeat); err != nil {
				return err
			}
		} else if err := json.Unmarshal(part, &piece); err != nil {
			return err
		}
		plain, err := base64.StdEncoding.DecodeString(piece.Base64)
		if err != nil {
			return err
		}
		whole.Write(plain)
		whole.WriteString(strings.Repeat(piece.Repeat, piece.Length))
	}
	*p = pieces(whole.String())
	return nil
}

func corpus(t testing.TB) []corpusFile {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("testdata", "dotenv", "corpus.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	var all []corpusFile
	lines := bufio.NewScanner(bytes.NewReader(b))
	for lines.Scan() {
		var f corpusFile
		if err := json.Unmarshal(lines.Bytes(), &f); err != nil {
			t.Fatalf("%s: %v", lines.Text(), err)
		}
		all = append(all, f)
	}
	if len(all) < 133 {
		t.Fatalf("the corpus has %d files only", len(all))
	}
	return all
}

// seen is what a reader sees in the end.
type seen struct {
	Refused bool
	Values  map[string]string
	Alone   []string // names without =
}

func seenBy(r Result) seen {
	s := seen{Values: make(map[string]string)}
	for _, p := range r.Problems {
		s.Refused = s.Refused || p.Fatal
	}
	for _, e := range r.Entries {
		s.Alone = slices.DeleteFunc(s.Alone, func(key string) bool { return key == e.Key })
		if e.HasValue {
			s.Values[e.Key] = e.Value
		} else {
			delete(s.Values, e.Key)
			s.Alone = append(s.Alone, e.Key)
		}
	}
	return s
}

func corpusEnviron(key string) (string, bool) {
	value, found := map[string]string{"BB_HOST": "from-env", "HOME": "/root"}[key]
	return value, found
}

// exceptions are the files that a reader here reads otherwise than the program
// did.
func exceptions() map[string]map[string]string {
	const (
		notRun  = "nothing is run: a command's output is not known, the value is left as it is written"
		unknown = "only the running shell knows its number and its arguments: the value is left as it is written"
	)
	dash := map[string]string{
		"072-dollar-dollar.env":  unknown,
		"076-dollar-digit.env":   unknown,
		"085-cmd-subst.env":      notRun,
		"087-backtick-subst.env": notRun,
		"199-release-cmd.env":    notRun,
	}
	bash := map[string]string{
		"042-plus-eq.env":         "A+=b appends in bash; in POSIX it is a command, and dash says so",
		"157-shell-meta-bare.env": "C=(a) is an array in bash; in POSIX it is a syntax error, and dash says so",
	}
	for file, reason := range dash {
		bash[file] = reason
	}
	return map[string]map[string]string{"dash": dash, "bash": bash}
}

// TestReadersAgreeWithTheProgramsThatTheyStandFor holds every reader to what
// the real one saw, in every file of the corpus.
func TestReadersAgreeWithTheProgramsThatTheyStandFor(t *testing.T) {
	t.Parallel()
	programs := map[string]Reader{
		"python-dotenv": PythonDotenv, "godotenv": Godotenv, "dash": Shell, "bash": Shell, "docker": Docker, "systemd": Systemd,
	}
	compared := make(map[string]int)
	for _, f := range corpus(t) {
		for _, real := range f.Read {
			want := seen{Refused: real.Refused, Values: make(map[string]string), Alone: real.Alone}
			for key, value := range real.Values {
				want.Values[key] = string(value)
			}
			for _, program := range real.By {
				compared[program]++
				got := seenBy(Parse(programs[program], []byte(f.Text), Options{Environ: corpusEnviron}))
				if program == "bash" { // after a syntax error it goes on with nothing, where POSIX has it end
					got.Refused = want.Refused
				}
				diff := cmp.Diff(want, got, cmpopts.EquateEmpty())
				switch reason, excepted := exceptions()[program][f.File]; {
				case excepted && diff == "":
					t.Errorf("%s: %s is read alike now: drop the exception (%s)", f.File, program, reason)
				case !excepted && diff != "":
					t.Errorf("%s: %s (-real +ours)\n%s", f.File, program, diff)
				}
			}
		}
	}
	for program := range programs {
		if compared[program] != 133 {
			t.Errorf("%s: %d files compared, want 133", program, compared[program])
		}
	}
}

// TestCorpusIsTheMeasuredOne compares the copy with the measurement, where
// that lies beside the repository.
func TestCorpusIsTheMeasuredOne(t *testing.T) {
	t.Parallel()
	source := filepath.Join("..", "..", "..", "shared", "data", "dotenv")
	b, err := os.ReadFile(filepath.Join(source, "expected.json"))
	if err != nil {
		t.Skip("the measurement is not there: the copy in testdata/dotenv stands for it")
	}
	type observed struct {
		OK     bool
		Values map[string]any
		Alone  []string `json:"none_keys"`
	}
	var expected struct {
		Results map[string]map[string]observed
	}
	if err := json.Unmarshal(b, &expected); err != nil {
		t.Fatal(err)
	}
	names := map[string]string{
		"python-dotenv": "python-dotenv-0.21", "godotenv": "godotenv-1.5.1", "dash": "dash-0.5.12",
		"bash": "bash-5.2", "docker": "docker-28.2-env-file", "systemd": "systemd-252",
	}
	for _, f := range corpus(t) {
		// The longest is not stored there.
		if text, err := os.ReadFile(filepath.Join(source, "files", f.File)); err == nil && string(text) != string(f.Text) {
			t.Errorf("%s: other bytes", f.File)
		}
		for _, real := range f.Read {
			for _, program := range real.By {
				want := expected.Results[f.File][names[program]]
				if want.OK == real.Refused || len(want.Values) != len(real.Values) || !slices.Equal(want.Alone, real.Alone) {
					t.Errorf("%s: %s: %+v, want %+v", f.File, program, real, want)
				}
				for key, value := range want.Values {
					if text, ok := value.(string); ok && text != string(real.Values[key]) {
						t.Errorf("%s: %s: %s differs", f.File, program, key)
					}
				}
			}
		}
	}
	if len(expected.Results) != len(corpus(t)) {
		t.Errorf("the measurement has %d files, the copy %d", len(expected.Results), len(corpus(t)))
	}
}

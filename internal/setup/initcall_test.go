package setup_test

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/bookedbarber/bbctl/internal/config"
	"github.com/bookedbarber/bbctl/internal/setup"
)

func initCall(t *testing.T, id string) setup.InitCall {
	t.Helper()
	for _, call := range setup.InitCalls() {
		if call.ID == id {
			return call
		}
	}
	t.Fatalf("there is no init call %s", id)
	return setup.InitCall{}
}

// sentryVariables are those of the table that are about an SDK, split by
// whether sentry-python reads them itself.
func sentryVariables(t *testing.T) (itself, passed []string) {
	t.Helper()
	for _, v := range config.Variables() {
		if strings.Contains(v.ReadBy.Python, "passes it to init") {
			passed = append(passed, v.Key)
		} else if strings.HasPrefix(v.ReadBy.Python, "where init gets no") {
			itself = append(itself, v.Key)
		}
	}
	if len(itself) != 4 || len(passed) != 4 {
		t.Fatalf("the table says that the SDK reads %v, and not %v", itself, passed)
	}
	return itself, passed
}

// TestInitPassesWhatTheSDKDoesNotRead holds the calls to the table: an
// argument for each variable that has no effect otherwise, and none for the
// others, whose variables an argument would switch off.
func TestInitPassesWhatTheSDKDoesNotRead(t *testing.T) {
	t.Parallel()
	itself, passed := sentryVariables(t)
	for _, id := range []string{"fastapi", "celery"} {
		code := initCall(t, id).Code
		for _, key := range passed {
			argument := `"` + strings.ToLower(strings.TrimPrefix(key, "SENTRY_")) + `"`
			if !strings.Contains(code, argument) || !strings.Contains(code, `"`+key+`"`) {
				t.Errorf("%s does not pass %s", id, key)
			}
		}
		for _, key := range itself {
			option := strings.ToLower(strings.TrimPrefix(key, "SENTRY_"))
			if strings.Contains(code, `"`+option+`"`) || strings.Contains(code, option+"=") || strings.Contains(code, `"`+key+`"`) {
				t.Errorf("%s passes %s, which the SDK reads", id, key)
			}
		}
		if load, init := strings.Index(code, "\nload_dotenv()"), strings.Index(code, "sentry_sdk.init("); load < 0 || init < load {
			t.Errorf("%s does not load .env before init", id)
		}
	}
}

func TestInitFactsNameEveryVariableThatIsRead(t *testing.T) {
	t.Parallel()
	facts := setup.InitFacts()
	if len(facts) != 3 {
		t.Fatalf("%d sentences", len(facts))
	}
	itself, _ := sentryVariables(t)
	for _, key := range itself {
		if !strings.Contains(facts[0], key) {
			t.Errorf("%s is missing from %q", key, facts[0])
		}
	}
	if !strings.Contains(facts[1], config.KeySendDefaultPII) || !strings.Contains(facts[1], "rates") {
		t.Errorf("%q says nothing of rates and personal data", facts[1])
	}
}

func TestInitCodeFitsATerminal(t *testing.T) {
	t.Parallel()
	var ids []string
	for _, call := range setup.InitCalls() {
		ids = append(ids, call.ID)
		if !strings.HasSuffix(call.Code, "\n") || strings.HasSuffix(call.Code, "\n\n") {
			t.Errorf("%s does not end with its last line", call.ID)
		}
		for line := range strings.Lines(call.Code) {
			// A tab is shown as up to eight columns.
			if shown := strings.ReplaceAll(strings.TrimSuffix(line, "\n"), "\t", "        "); len(shown) > 80 {
				t.Errorf("%s: %d columns: %s", call.ID, len(shown), line)
			}
		}
	}
	if diff := cmp.Diff([]string{"fastapi", "celery", "go"}, ids); diff != "" {
		t.Errorf("ids (-want +got):\n%s", diff)
	}
}

func pythonDoc(t *testing.T) string {
	t.Helper()
	var page bytes.Buffer
	if err := setup.WritePythonDoc(&page); err != nil {
		t.Fatal(err)
	}
	return page.String()
}

// pythonBlocks returns the Python code of the page, in its order.
func pythonBlocks(t *testing.T) []string {
	t.Helper()
	var blocks []string
	for i, part := range strings.Split(pythonDoc(t), "```python\n") {
		if i > 0 {
			code, _, _ := strings.Cut(part, "```\n")
			blocks = append(blocks, code)
		}
	}
	if len(blocks) != 4 {
		t.Fatalf("the page has %d blocks of Python", len(blocks))
	}
	return blocks
}

func TestThePageHoldsWhatExplainPrints(t *testing.T) {
	t.Parallel()
	blocks := pythonBlocks(t)
	for _, id := range []string{"fastapi", "celery"} {
		if !slices.Contains(blocks, initCall(t, id).Code) {
			t.Errorf("the page has another call for %s", id)
		}
	}
	page := pythonDoc(t)
	if n := strings.Count(page, "\n"); n >= 200 {
		t.Errorf("the page has %d lines", n)
	}
	itself, passed := sentryVariables(t)
	for _, key := range append(itself, passed...) {
		if !strings.Contains(page, "| `"+key+"` |") {
			t.Errorf("the page does not say who reads %s", key)
		}
	}
}

package receiver_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/bookedbarber/bbctl/internal/receiver"
)

// postTo sends an envelope with one item to the project of a DSN.
func postTo(t *testing.T, dsn, item string) int {
	t.Helper()
	key, rest, _ := strings.Cut(strings.TrimPrefix(dsn, "http://"), "@")
	host, project, _ := strings.Cut(rest, "/")
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://"+host+"/api/"+project+"/envelope/", strings.NewReader("{}\n"+item))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("X-Sentry-Auth", "Sentry sentry_key="+key+", sentry_version=7")
	response, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	response.Body.Close()
	return response.StatusCode
}

func TestProjectsAreToldApart(t *testing.T) {
	t.Parallel()
	var over *receiver.Over
	r := receiver.New(receiver.Options{
		Projects:   []string{"2", "3"},
		OnEnvelope: func(record *receiver.Record) { over = record.Over },
	})
	address, stop, err := r.Start(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for project, want := range map[string]int{"1": 200, "2": 200, "3": 200, "4": 403} {
		if got := postTo(t, r.DSNFor(address, project), "{\"type\":\"event\"}\n{}\n"); got != want {
			t.Errorf("project %s: answered %d, expected %d", project, got, want)
		}
	}
	counts := map[string]int{}
	for _, record := range r.Records() {
		counts[record.Project]++
	}
	if len(counts) != 3 || counts["1"] != 1 || counts["2"] != 1 || counts["3"] != 1 {
		t.Errorf("kept %v, expected one of each of the projects 1, 2 and 3", counts)
	}
	large := `{"a":"` + strings.Repeat("x", 1<<20) + `"}`
	if got := postTo(t, r.DSN(address), "{\"type\":\"event\"}\n"+large+"\n"); got != http.StatusRequestEntityTooLarge {
		t.Errorf("an event over 1 MiB: answered %d, expected 413", got)
	}
	if err := stop(); err != nil {
		t.Fatal(err)
	}
	if over == nil || over.ItemType != "event" || over.Bytes != len(large) {
		t.Errorf("over the limit: saw %+v, expected the event and its %d bytes", over, len(large))
	}
	if open := r.Stats().Open; open != 0 {
		t.Errorf("requests under way after the end: saw %d, expected none", open)
	}
}

package probe

import (
	"bytes"
	"compress/gzip"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/bookedbarber/bbctl/internal/cause"
	"github.com/bookedbarber/bbctl/internal/envelope"
)

// The fault laboratory: each case sets up one fault with real sockets on
// loopback, and the examination has to name it, and nothing else.

// fault is one case. Its zero Status is Failed.
type fault struct {
	name   string
	set    func(t *testing.T, p *Plan)
	layer  Layer
	cause  cause.ID
	detail string // parts of it, separated by |
	fix    string
	status Status
}

// faults are all cases of the laboratory.
func faults() []fault {
	return slices.Concat(
		nameFaults(), connectionFaults(), proxyFaults(), socksFaults(), certificateFaults(), schemeFaults(),
		answerFaults(), refusalFaults(), cutFaults(), packedFaults(), nowAndThenFaults(), boundFaults(), eventFaults(), laterFaults(), quietFaults(), familyFaults(),
	)
}

func TestEveryFaultIsNamedAndNothingElse(t *testing.T) {
	t.Parallel()
	for _, f := range faults() {
		t.Run(string(f.cause)+"/"+f.name, func(t *testing.T) {
			t.Parallel()
			p := plan(t)
			f.set(t, &p)
			got := examine(t, p)
			f.check(t, p, got)
		})
	}
}

// plan is one with bounds that a test can wait for.
func plan(t *testing.T) Plan {
	t.Helper()
	return Plan{
		Main:  Way{Client: "sentry-python"},
		Event: func() ([]byte, string, error) { return testEnvelope(), testID, nil },
		Pause: 20 * time.Millisecond, ConnectTimeout: 2 * time.Second, AnswerTimeout: 4 * time.Second,
		Client: "bbctl/test", Now: time.Now,
	}
}

// examine returns the findings of all layers, and holds the bound.
func examine(t *testing.T, p Plan) map[Layer]Finding {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	e := Examine(ctx, p)
	found := map[Layer]Finding{}
	for _, l := range Layers() {
		f := e.Finding(ctx, l)
		if f.Layer != l || f.Detail == "" {
			t.Errorf("%s: the finding is %+v", l, f)
		}
		if judged := f.Status == Failed || f.Status == Warned; judged != (f.Cause != "") || judged != (f.Fix != "") {
			t.Errorf("%s: %s with cause %q and fix %q", l, f.Status, f.Cause, f.Fix)
		}
		if (f.Status == Blocked) != (f.BlockedBy != "") {
			t.Errorf("%s: %s by %q", l, f.Status, f.BlockedBy)
		}
		for _, secret := range []string{testKey(), testSecret()} {
			if strings.Contains(strings.ToLower(f.Detail+f.Fix), secret) {
				t.Errorf("%s: a secret stands in it", l)
			}
		}
		found[l] = f
	}
	if ctx.Err() != nil {
		t.Error("the examination has no bound")
	}
	return found
}

// check holds that the fault is the only finding, and that what lies above is
// blocked by it.
func (f fault) check(t *testing.T, p Plan, got map[Layer]Finding) {
	t.Helper()
	want := f.status
	if want == "" {
		want = Failed
	}
	for _, l := range Layers() {
		switch status := got[l].Status; {
		case l == f.layer:
			f.checkOwn(t, got[l], want)
		case status == Failed, status == Warned:
			t.Errorf("%s: another finding: %s %s: %s", l, status, got[l].Cause, got[l].Detail)
		case want == Failed && slices.Contains(above(f.layer), l):
			if status != Blocked || got[l].BlockedBy != f.layer {
				t.Errorf("%s: %s by %q (%s), want it blocked by %s", l, status, got[l].BlockedBy, got[l].Detail, f.layer)
			}
		case status == Blocked:
			t.Errorf("%s: blocked by %s, want it looked at", l, got[l].BlockedBy)
		case status == Skipped && p.Event != nil && !p.Quick:
			t.Errorf("%s: skipped: %s", l, got[l].Detail)
		}
	}
}

func (f fault) checkOwn(t *testing.T, own Finding, want Status) {
	t.Helper()
	if own.Status != want || own.Cause != f.cause {
		t.Errorf("%s: got %s %q (%s), want %s %q", f.layer, own.Status, own.Cause, own.Detail, want, f.cause)
	}
	for part := range strings.SplitSeq(f.detail, "|") {
		if !strings.Contains(own.Detail, part) {
			t.Errorf("detail: got %q, want %q in it", own.Detail, part)
		}
	}
	for part := range strings.SplitSeq(f.fix, "|") {
		if !strings.Contains(own.Fix, part) {
			t.Errorf("fix: got %q, want %q in it", own.Fix, part)
		}
	}
}

// above are the layers that a failure of one keeps from being looked at.
func above(l Layer) []Layer {
	switch l {
	case LayerGzip:
		return []Layer{LayerEvent, LayerAgain}
	case LayerEvent:
		return []Layer{LayerAgain}
	case LayerAgain, LayerLimits, LayerLatency, LayerClock, LayerOther:
		return nil
	}
	all := Layers()
	return all[slices.Index(all, l)+1 : slices.Index(all, LayerOther)]
}

// call is one request as a server saw it.
type call struct {
	n      int // from 1
	event  bool
	packed bool
	id     string
}

// answers is the script of a server: true where it has answered.
type answers func(w http.ResponseWriter, c call) bool

// ingest answers as Relay does, where its script does not.
func ingest(script answers) http.Handler {
	var n atomic.Int32
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		c := call{n: int(n.Add(1)), packed: r.Header.Get("Content-Encoding") == "gzip"}
		if c.packed && err == nil {
			body, err = unpack(body)
		}
		e, broken := envelope.Split(body)
		if err != nil || broken != nil || len(e.Items) != 1 {
			http.Error(w, "the request is no envelope of one item", http.StatusTeapot)
			return
		}
		header, _ := e.Header()
		c.event, c.id = e.Items[0].Type == "event", header.EventID
		if script != nil && script(w, c) {
			return
		}
		w.Header().Set("Content-Type", "application/json")
		relayBody(w, c)
	})
}

func unpack(packed []byte) ([]byte, error) {
	r, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		return nil, err
	}
	return io.ReadAll(r)
}

func relayBody(w io.Writer, c call) {
	if c.id == "" {
		_, _ = io.WriteString(w, "{}")
		return
	}
	fmt.Fprintf(w, `{"id":%q}`, c.id)
}

// relay is an ingest on plain HTTP, and the way of the plan leads to it.
func relay(t *testing.T, p *Plan, script answers) {
	t.Helper()
	server := httptest.NewServer(ingest(script))
	t.Cleanup(server.Close)
	p.DSN = targetAt(t, "http", server.Listener.Addr().String()).DSN
}

// through sends the plan's way through a proxy.
func through(p *Plan, proxy string) {
	p.Main.Proxy = &url.URL{Scheme: "http", Host: proxy}
	p.Main.ProxyFrom = "HTTPS_PROXY (process environment)"
}

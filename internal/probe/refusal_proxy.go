package probe

import (
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/bookedbarber/bbctl/internal/cause"
)

// speaksForProxy says whether an answer is the one of a proxy for plain HTTP,
// which has no tunnel whose refusal would tell: Relay names itself, and so
// does most of what stands before one.
func (s *send) speaksForProxy(body []byte) bool {
	status, h := s.answer.Status, s.answer.Header
	switch {
	case !s.plainProxy(), status < 400:
		return false
	case status == http.StatusProxyAuthRequired, h.Get("X-Squid-Error") != "":
		return true
	case !slices.Contains([]int{403, 502, 503, 504}, status), s.relays(body):
		return false
	}
	gate := gateway(h, body)
	return gate == "" || gate == "a Squid proxy" || namesProxy(h, body)
}

// namesProxy says whether an answer calls its author a proxy.
func namesProxy(h http.Header, body []byte) bool {
	words := strings.ToLower(h.Get("Server") + " " + string(body[:min(len(body), 4096)]))
	return slices.ContainsFunc([]string{"proxy", "squid", "privoxy"}, func(name string) bool { return strings.Contains(words, name) })
}

func (s *send) judgePlainProxy(body []byte) verdict {
	if s.answer.Status == http.StatusProxyAuthRequired {
		return s.proxyAuth("the proxy " + s.answer.Proxy + " answers 407")
	}
	why := ""
	if text := s.answer.Header.Get("X-Squid-Error"); text != "" {
		why = " (" + text + ")"
	}
	return verdict{
		cause.ProxyRefuses,
		fmt.Sprintf("the proxy %s from %s answers %d%s with %s in place of the ingest, expected Sentry's own answer",
			s.answer.Proxy, s.proxyVariable(), s.answer.Status, why, s.said(body)),
		fmt.Sprintf("let the proxy pass requests to %s, or go around it: add %s to NO_PROXY", s.target.DSN.DialAddress(), s.target.DSN.Host),
	}
}

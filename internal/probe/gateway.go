package probe

import (
	"net/http"
	"strings"
)

// gateway names what answers in place of the ingest, by its headers and its
// pages; empty where nothing gives it away. Header contents come before the
// Server header, which names the last hop alone.
func gateway(h http.Header, body []byte) string {
	page := strings.ToLower(string(body[:min(len(body), 4096)]))
	has := func(part string) bool { return strings.Contains(page, part) }
	server := strings.ToLower(h.Get("Server"))
	by := func(name string) bool { return strings.Contains(server, name) }
	switch {
	case has("csrf verification failed"), has("csrf failed"):
		return "the web application of Sentry (its CSRF check)"
	case h.Get("X-Squid-Error") != "", by("squid"):
		return "a Squid proxy"
	case h.Get("Cf-Mitigated") != "", h.Get("Cf-Ray") != "" && !has(`"detail"`), by("cloudflare"):
		return "Cloudflare"
	case h.Get("X-Amz-Cf-Id") != "" && has("cloudfront"), by("cloudfront"):
		return "Amazon CloudFront"
	case by("awselb"), h.Get("X-Amzn-Waf-Action") != "":
		return "an AWS load balancer or WAF"
	case by("akamaighost"), has("errors.edgesuite.net"):
		return "Akamai"
	case h.Get("X-Iinfo") != "", has("incapsula"):
		return "Imperva"
	case has("zscaler"):
		return "Zscaler"
	case has("fortinet"), has("fortigate"):
		return "a FortiGate firewall"
	case has("modsecurity"), has("mod_security"):
		return "ModSecurity"
	case by("openresty"), has("<center>openresty"):
		return "OpenResty"
	case by("nginx"), has("<center>nginx"):
		return "nginx"
	case by("apache"):
		return "Apache"
	case by("envoy"):
		return "Envoy"
	case by("caddy"):
		return "Caddy"
	case by("varnish"), h.Get("X-Varnish") != "":
		return "Varnish"
	case by("microsoft-iis"), by("microsoft-httpapi"):
		return "IIS"
	case by("uvicorn"), by("gunicorn"), by("werkzeug"), by("daphne"):
		return "a Python web application (" + line(h.Get("Server"), 40) + ")"
	case by("google frontend"), by("gws"):
		return "Google's front end"
	default:
		return ""
	}
}

// speaker is gateway with a word for what is not known.
func speaker(h http.Header, body []byte) string {
	if name := gateway(h, body); name != "" {
		return name
	}
	if server := line(h.Get("Server"), 40); server != "" {
		return "a server that calls itself “" + server + "”"
	}
	return "a server without a name"
}

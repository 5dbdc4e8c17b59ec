package cause

// surroundings are settings that are not Sentry's own and decide on the way to
// it: proxies, certificate authorities, Spotlight.
func surroundings() []Cause {
	return []Cause{
		{
			ID: ProxyMalformed, Stage: StageEnvironment, Severity: Fail, Catalogue: []string{"NET-05"},
			Title:   "a proxy variable is not a URL with a scheme",
			Why:     "For `proxy:3128` without http:// sentry-python's init raises. A SOCKS proxy without the package PySocks is ignored in silence, and the connection is made directly.",
			Shows:   "The application ends at its start in one network only, or connects directly where it must not.",
			Find:    "`env | grep -i proxy`, in the container too.",
			Fix:     "HTTPS_PROXY=http://HOST:PORT (for socks5:// also: pip install PySocks)",
			Sources: []string{"getsentry/sentry-python#741"},
		},
		{
			ID: NoProxyGrammar, Stage: StageEnvironment, Severity: Warn, Catalogue: []string{"NET-04"},
			Title: "NO_PROXY is written in a way that SDKs misread",
			Why:   "For sentry-python an entry is the end of a host name. An empty one, as behind the comma of `localhost,`, is the end of every name and switches the proxy off; `*` and `*.sentry.io` match nothing. Go has rules of its own. Where the direct way is closed, events are lost.",
			Shows: "Connections go out directly and time out, although HTTPS_PROXY is right and curl uses it.",
			Find:  "`printenv NO_PROXY no_proxy`: look for a comma at an end, two in a row, or a star.",
			Fix:   "write plain ends of names, separated by single commas: NO_PROXY=localhost,127.0.0.1,.internal",
		},
		{
			ID: NoProxyBypasses, Stage: StageEnvironment, Severity: Warn, Catalogue: []string{"NET-04"},
			Title: "NO_PROXY takes the ingest host out of the proxy",
			Why:   "An entry such as `io` or `.sentry.io` matches the host of the DSN by its end, so the SDK goes directly. That is right where the direct way is open, and loses everything where only the proxy gets out.",
			Shows: "Time-outs in this network although a proxy is set.",
			Find:  "Compare the end of the DSN's host with each entry of `printenv NO_PROXY no_proxy`; then `curl -sv --noproxy '*' https://HOST/ -o /dev/null`, which goes directly.",
			Fix:   "remove the entry that matches the ingest host from NO_PROXY, or open the direct way",
		},
		{
			ID: CAFileMissing, Stage: StageEnvironment, Severity: Fail, Catalogue: []string{"NET-06"},
			Title:   "the file or folder named for certificate authorities is not there",
			Why:     "sentry-python takes ca_certs of init, then SSL_CERT_FILE, then REQUESTS_CA_BUNDLE, then certifi. The first that is set is used, and with a file that is missing every single send fails. SSL_CERT_DIR is read by Go alone.",
			Shows:   "Nothing arrives; other clients on the machine, which use the system's bundle, work.",
			Find:    "`ls -lL \"$SSL_CERT_FILE\" \"$REQUESTS_CA_BUNDLE\"` in the container of the application: the path is often one of the host.",
			Fix:     "remove the variable, or let it name a PEM file that exists in this container, such as /etc/ssl/certs/ca-certificates.crt",
			Sources: []string{"getsentry/sentry-python#164", "getsentry/sentry-python#283"},
		},
		{
			ID: SpotlightLeftOn, Stage: StageEnvironment, Severity: Warn, Catalogue: []string{"CFG-14"},
			Title: "SENTRY_SPOTLIGHT is set outside development",
			Why:   "sentry-python then copies every envelope to a local address as well. Without a DSN it also samples 100 % and sends personal data.",
			Shows: "Connections to port 8969 that are refused; in a stage without a DSN far more work than configured.",
			Find:  "`printenv SENTRY_SPOTLIGHT` in the process's own environment.",
			Fix:   "unset SENTRY_SPOTLIGHT outside development",
		},
	}
}

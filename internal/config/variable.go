package config

// The variables that the loader reads. Flags of bbctl stand under the same
// names in Options.Flags.
const (
	KeyDSN                = "SENTRY_DSN"
	KeyEnvironment        = "SENTRY_ENVIRONMENT"
	KeyRelease            = "SENTRY_RELEASE"
	KeySampleRate         = "SENTRY_SAMPLE_RATE"
	KeyTracesSampleRate   = "SENTRY_TRACES_SAMPLE_RATE"
	KeyProfilesSampleRate = "SENTRY_PROFILES_SAMPLE_RATE"
	KeyDebug              = "SENTRY_DEBUG"
	KeySendDefaultPII     = "SENTRY_SEND_DEFAULT_PII"

	KeyDatabaseURL         = "DATABASE_URL"
	KeyRedisURL            = "REDIS_URL"
	KeyCeleryBrokerURL     = "CELERY_BROKER_URL"
	KeyCeleryResultBackend = "CELERY_RESULT_BACKEND"

	KeyAuthToken = "SENTRY_AUTH_TOKEN"
	KeyOrg       = "SENTRY_ORG"
	KeyProject   = "SENTRY_PROJECT"
	KeyURL       = "SENTRY_URL"

	KeyHTTPProxy       = "HTTP_PROXY"
	KeyHTTPProxyLower  = "http_proxy"
	KeyHTTPSProxy      = "HTTPS_PROXY"
	KeyHTTPSProxyLower = "https_proxy"
	KeyNoProxy         = "NO_PROXY"
	KeyNoProxyLower    = "no_proxy"
	KeySSLCertFile     = "SSL_CERT_FILE"
	KeySSLCertDir      = "SSL_CERT_DIR"
	KeyCABundle        = "REQUESTS_CA_BUNDLE"
	KeySpotlight       = "SENTRY_SPOTLIGHT"
)

// KeyEnvFile stands in a Problem where the .env file itself is at fault, not
// one variable.
const KeyEnvFile = "--env-file"

// ReadBy says who really reads a variable, in words: the SDKs read far fewer
// than is widely believed.
type ReadBy struct {
	Bbctl  string
	Python string // sentry-python 2.x, by itself, without the application's help
	Go     string // sentry-go 0.50, by itself
}

// Variable is one row of the team's table.
type Variable struct {
	Key     string
	Default string // empty: none
	// DefaultNote says whose default it is, and what the SDKs do instead.
	DefaultNote string
	Meaning     string
	ReadBy      ReadBy
	Secret      bool // never shown whole
}

const (
	readsNot   = "no: the application passes it to init"
	offDefault = "default of our table; SDKs: off unless passed to init"
	service    = "no: the application's own"
	webAPI     = "no: for the web API, as sentry-cli reads it"
)

// Variables is the table, in reading order. The defaults of the first eight
// are the team's; who reads them was measured with sentry-python 2.68 and read
// in the source of sentry-go 0.50.
func Variables() []Variable {
	return []Variable{
		{KeyDSN, "", "", "Where events go: https://KEY@HOST/PROJECT", ReadBy{"yes", `where init gets no dsn (dsn="" switches it off)`, "where Dsn is empty"}, true},
		{KeyEnvironment, "development", "default of our table; sentry-python sends production, sentry-go none", "Name of the environment: development, staging or production", ReadBy{"yes", "where init gets none; else production", "where Environment is empty; else none"}, false},
		{KeyRelease, "", "", "Version that events carry; detected where it is not set", ReadBy{"yes", "where init gets none; else detected", "where Release is empty; else detected"}, false},
		{KeySampleRate, "1.0", "default of our table; SDKs: 1.0 unless passed to init", "Share of errors that is sent, from 0.0 to 1.0", ReadBy{"yes", readsNot, readsNot}, false},
		{KeyTracesSampleRate, "0.1", offDefault, "Share of transactions that is sent, from 0.0 to 1.0", ReadBy{"yes", readsNot, readsNot}, false},
		{KeyProfilesSampleRate, "0.1", offDefault, "Share of the sent transactions that is profiled, from 0.0 to 1.0", ReadBy{"yes", readsNot, "no: it has no profiler"}, false},
		{KeyDebug, "false", "default of our table; SDKs: off", "Whether the SDK explains on stderr what it does", ReadBy{"yes", "where init gets no debug", readsNot}, false},
		{KeySendDefaultPII, "false", offDefault, "Whether personal data may be sent", ReadBy{"yes", readsNot, readsNot}, false},

		{KeyDatabaseURL, "", "", "Database of the application", ReadBy{"yes", service, service}, true},
		{KeyRedisURL, "", "", "Redis of the application", ReadBy{"yes", service, service}, true},
		{KeyCeleryBrokerURL, "", "", "Broker of the Celery workers", ReadBy{"yes", service, service}, true},
		{KeyCeleryResultBackend, "", "", "Where Celery keeps results", ReadBy{"yes", service, service}, true},

		{KeyAuthToken, "", "", "Token for the web API; `token` under `[auth]` in .sentryclirc", ReadBy{"yes", webAPI, webAPI}, true},
		{KeyOrg, "", "", "Slug of the organization; `org` under `[defaults]` in .sentryclirc", ReadBy{"yes", webAPI, webAPI}, false},
		{KeyProject, "", "", "Slug of the project; `project` under `[defaults]` in .sentryclirc", ReadBy{"yes", webAPI, webAPI}, false},
		{KeyURL, "https://sentry.io/", "default of sentry-cli", "Address of the web API; `url` under `[defaults]` in .sentryclirc", ReadBy{"yes", webAPI, webAPI}, false},

		{KeyHTTPSProxy, "", "", "Proxy for https", ReadBy{"yes", "yes, the lower-case form first", "yes, the upper-case form first"}, true},
		{KeyHTTPSProxyLower, "", "", "The same in lower case", ReadBy{"yes", "yes, before the upper-case form", "yes"}, true},
		{KeyHTTPProxy, "", "", "Proxy for http", ReadBy{"yes", "yes, for https too where HTTPS_PROXY is not set", "for http alone"}, true},
		{KeyHTTPProxyLower, "", "", "The same in lower case", ReadBy{"yes", "yes, before the upper-case form", "yes"}, true},
		{KeyNoProxy, "", "", "Hosts that are reached directly, separated by commas", ReadBy{"yes", "yes, by the end of the name; an empty entry matches every host", "yes, by domain"}, false},
		{KeyNoProxyLower, "", "", "The same in lower case", ReadBy{"yes", "yes, before the upper-case form", "yes"}, false},
		{KeySSLCertFile, "", "", "File with the certificate authorities to trust", ReadBy{"yes", "yes, before REQUESTS_CA_BUNDLE", "yes (not on macOS and Windows)"}, false},
		{KeySSLCertDir, "", "", "Folder with the certificate authorities to trust", ReadBy{"yes", "no", "yes (not on macOS and Windows)"}, false},
		{KeyCABundle, "", "", "The same as SSL_CERT_FILE, for Python", ReadBy{"yes", "where SSL_CERT_FILE is not set", "no"}, false},
		{KeySpotlight, "", "", "Sends a copy of every envelope to a local Spotlight", ReadBy{"yes", "yes; without a DSN it samples all and allows personal data", "no"}, false},
	}
}

// variable returns the row of a key.
func variable(key string) (Variable, bool) {
	for _, v := range Variables() {
		if v.Key == key {
			return v, true
		}
	}
	return Variable{}, false
}

// applications says whether a variable is the application's own, read here for
// the real parts of a test: what becomes of it is no matter of monitoring.
func applications(key string) bool {
	switch key {
	case KeyDatabaseURL, KeyRedisURL, KeyCeleryBrokerURL, KeyCeleryResultBackend:
		return true
	}
	return false
}

// releaseVariables are what sentry-python 2.x reads for the release after
// SENTRY_RELEASE, in its order.
func releaseVariables() []string {
	return []string{
		"HEROKU_BUILD_COMMIT",
		"HEROKU_SLUG_COMMIT",
		"SOURCE_VERSION",
		"CODEBUILD_RESOLVED_SOURCE_VERSION",
		"CIRCLE_SHA1",
		"GAE_DEPLOYMENT_ID",
		"K_REVISION",
	}
}

// Preset is what the team recommends for one environment.
type Preset struct {
	Name    string // value of SENTRY_ENVIRONMENT
	Meaning string
	// Rates as they are written to a .env file.
	SampleRate, TracesSampleRate, ProfilesSampleRate string
	Debug, SendDefaultPII                            bool
}

// Presets are the team's, from the least to the most careful.
func Presets() []Preset {
	return []Preset{
		{"development", "everything, with the SDK's own log", "1.0", "1.0", "1.0", true, false},
		{"staging", "all errors, a tenth of the transactions", "1.0", "0.1", "0.1", false, false},
		{"production", "all errors, a twentieth of the transactions", "1.0", "0.05", "0.05", false, false},
	}
}

// FindPreset returns the preset of an environment by its name.
func FindPreset(name string) (Preset, bool) {
	for _, p := range Presets() {
		if p.Name == name {
			return p, true
		}
	}
	return Preset{}, false
}

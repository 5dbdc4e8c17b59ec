package dsn

import (
	"strings"
	"testing"
)

func TestAuthHeader(t *testing.T) {
	t.Parallel()
	d := DSN{PublicKey: "k"}
	if got, want := d.AuthHeader("bbctl/1.0"), "Sentry sentry_version=7, sentry_client=bbctl/1.0, sentry_key=k"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	d.SecretKey = "s"
	if got, want := d.AuthHeader(""), "Sentry sentry_version=7, sentry_key=k, sentry_secret=s"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestOrgAndRegion(t *testing.T) {
	t.Parallel()
	tests := []struct{ host, org, region string }{
		{"o42.ingest.us.sentry.io", "42", "us"},
		{"o42.ingest.de.sentry.io", "42", "de"},
		{"o42.ingest.sentry.io", "42", ""},
		{"sentry.io", "", ""},
		{"sentry.example.com", "", ""},
		{"x42.ingest.sentry.io", "", ""},
		{"ob42.ingest.sentry.io", "", ""},
	}
	for _, tt := range tests {
		d := DSN{Host: tt.host}
		if d.Org() != tt.org || d.Region() != tt.region {
			t.Errorf("%s: got org %q and region %q, want %q and %q", tt.host, d.Org(), d.Region(), tt.org, tt.region)
		}
	}
}

func TestPlaces(t *testing.T) {
	t.Parallel()
	tests := []struct {
		host               string
		loopback, internal bool
	}{
		{"localhost", true, false},
		{"LOCALHOST", true, false},
		{"app.localhost", true, false},
		{"127.0.0.1", true, false},
		{"127.8.8.8", true, false},
		{"0.0.0.0", true, false},
		{"192.168.1.5", false, true},
		{"172.16.0.1", false, true},
		{"169.254.1.1", false, true},
		{"sentry", false, true},
		{"relay.sentry.svc.cluster.local", false, true},
		{"sentry.io", false, false},
		{"8.8.8.8", false, false},
		{"notlocalhost", false, true},
		{"localhost.example.com", false, false},
	}
	for _, tt := range tests {
		d := DSN{Host: tt.host}
		if d.Loopback() != tt.loopback || d.Internal() != tt.internal {
			t.Errorf("%s: got loopback %t, internal %t, want %t, %t", tt.host, d.Loopback(), d.Internal(), tt.loopback, tt.internal)
		}
	}
}

func TestDialAddress(t *testing.T) {
	t.Parallel()
	for want, d := range map[string]DSN{
		"h:443":  {Scheme: "https", Host: "h"},
		"h:80":   {Scheme: "http", Host: "h"},
		"h:9000": {Scheme: "https", Host: "h", Port: 9000},
	} {
		if got := d.DialAddress(); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}

func TestRedactShowsTheRest(t *testing.T) {
	t.Parallel()
	k := testKey()
	token := "tok" + strings.Repeat("9f", 12)
	tests := []struct{ name, raw, want string }{
		{"good", "https://" + k + "@o42.ingest.us.sentry.io/4505", "https://" + k[:4] + "****@o42.ingest.us.sentry.io/4505"},
		{"long numbers of today", "https://" + k + "@o4505123456789012.ingest.us.sentry.io/4505123456789012", "https://" + k[:4] + "****@o4505123456789012.ingest.us.sentry.io/4505123456789012"},
		{"short key", "https://abcdefg@sentry.example.com/1", "https://****@sentry.example.com/1"},
		{"secret", "https://" + k + ":" + k + "@sentry.example.com/1", "https://" + k[:4] + "****@sentry.example.com/1"},
		{"path prefix", "https://" + k + "@sentry.example.com/sentry/1", "https://" + k[:4] + "****@sentry.example.com/sentry/1"},
		{"token in the path", "https://" + k + "@sentry.example.com/" + token + "/1", "https://" + k[:4] + "****@sentry.example.com/****/1"},
		{"query", "https://" + k + "@sentry.example.com/1?sentry_secret=abc", "https://" + k[:4] + "****@sentry.example.com/1"},
		{"quoted", `"https://` + k + `@sentry.example.com/1"`, `"https://****@sentry.example.com/1"`},
		{"pasted", "export SENTRY_DSN=https://" + k + "@sentry.example.com/1", "export SENTRY_DSN=https://****@sentry.example.com/1"},
		{"no scheme", k + "@sentry.example.com/1", "****@sentry.example.com/1"},
		{"no host", "https://" + k + "/1", "https://****/1"},
		{"comment", "https://" + k + "@sentry.example.com/1 # " + token, "https://****@sentry.example.com/1 #****"},
		{"placeholder", "${SENTRY_DSN}", "${SENTRY_DSN}"},
		{"project by name", "https://" + k + "@sentry.example.com/my-project", "https://****@sentry.example.com/my-project"},
		{"escaped @", "https://" + "short" + "%40sentry.example.com/1", "https://****%40sentry.example.com/1"},
		{"@ in the key", "https://abc@def@sentry.example.com/1", "https://****@sentry.example.com/1"},
		{"empty", "", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if got := Redact(tt.raw); got != tt.want {
				t.Errorf("got  %q\nwant %q", got, tt.want)
			}
		})
	}
}

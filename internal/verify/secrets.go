package verify

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/bookedbarber/bbctl/monitoring"
	"github.com/bookedbarber/bbctl/monitoring/scrub"
)

// secret is a made-up value of a kind that must not leave the process. The
// texts are built from parts, so that no scanner of repositories takes them
// for real ones.
type secret struct{ kind, text string }

// secretsOf makes forty secrets, four of each of ten kinds.
func secretsOf() []secret {
	var all []secret
	add := func(kind string, texts ...string) {
		for _, text := range texts {
			all = append(all, secret{kind, text})
		}
	}
	add("card", "4242"+"424242424242", "4000 0566"+" 5566 5556", "5555-5555"+"-5555-4444", "3782"+" 822463 10005")
	add("email", "anna.planted"+"@example.org", "kunde+7"+"@mail.example.com", "b.ärber"+"@example.net", "PLANTED"+"@EXAMPLE.ORG")
	add("phone", "+49 151"+" 2345 6789", "+1 (415)"+" 555-2671", "+44 20"+" 7946 0958", "+33 6 12"+" 34 56 78")
	add("stripe", "sk_"+"live_4eC39HqLyjWDarjtT1zdp7dc", "rk_"+"live_51HqLyjWDarjtT1zdp7dc39xY", "sk_"+"test_4eC39HqLyjWDarjtT1zdp7dc", "whsec_"+"5WbX5kEWLlfzsGNjH64I8lOOqUB6e8FH")
	add("token", "gh"+"p_16C7e42F292c6912E7710c838347Ae178B4a", "AKIA"+"IOSFODNN7EXAMPLE", "xox"+"b-123456789012-abcdefABCDEF123456", "SG"+".ngeVfQFYQlKU0ufo8x5d1A.TwL2iGABf9DHoTf09kqeF8tAmbihYzrnopKc1s5cr0Q")
	add("jwt", jwt("eyJzdWIiOiIxMjM0NTY3ODkwIn0"), jwt("eyJzdWIiOiJhbm5hIn0"), jwt("eyJyb2xlIjoiYWRtaW4ifQ"), jwt("eyJpc3MiOiJiYiJ9"))
	add("authorization", "Bearer "+"abcdef0123456789abcdef0123456789", "Basic "+"dXNlcjpodW50ZXIyaHVudGVyMg==", "Bearer "+"zyxw9876543210zyxw9876543210", "Token "+"0f1e2d3c4b5a69788796a5b4c3d2e1f0")
	add("url-password", "postgres://bb:"+"hunter2secret@db:5432/bb", "redis://:"+"tr0ub4dor3@cache:6379/0", "amqp://celery:"+"c0rrecth0rse@mq//", "https://admin:"+"b4tterystaple@example.org/")
	add("password", "password="+"correct-horse-1", "passwd: "+"battery-staple-2", "api_key="+"f00ba4f00ba4f00ba4", "client_secret="+"5up3r5ecret5tuff")
	add("iban", "DE89 3704"+" 0044 0532 0130 00", "GB82WEST"+"12345698765432", "FR14 2004 1010"+" 0505 0001 3M02 606", "NL91ABNA"+"0417164300")
	return all
}

func jwt(payload string) string {
	return "eyJhbGciOi" + "JIUzI1NiJ9." + payload + "." + "SflKxwRJSMeKKF2QT4fwpMeJf36POk6yJV_adQssw5c"
}

// core is the part of a secret that must not survive: what stands after a
// marker such as "password=" or between ":" and "@".
func (s secret) core() string {
	switch s.kind {
	case "password":
		_, value, _ := strings.Cut(s.text, "=")
		if value == "" {
			_, value, _ = strings.Cut(s.text, ": ")
		}
		return value
	case "authorization":
		_, value, _ := strings.Cut(s.text, " ")
		return value
	case "url-password":
		head, _, _ := strings.Cut(s.text, "@")
		return head[strings.LastIndex(head, ":")+1:]
	default:
		return s.text
	}
}

// lookalikes stand beside the secrets and must arrive as they are.
var lookalikes = []string{
	"apt_12345", "order 4242424242424241", "build 20261124103000", "version 11.3.244.8",
	"trace 0123456789abcdef0123456789abcdef", "at 1764000000", "pi_3NxyzABC", "Invalid password",
}

// plant puts every secret into each place of an event that takes text, beside
// every look-alike: message, exception, context, breadcrumb, tag, span.
func plant(ctx context.Context, stage *scene) {
	client := stage.client
	text := planting()
	// What is captured one by one goes without the breadcrumbs, which would make
	// each event longer than the last.
	alone := ctx
	ctx = monitoring.AddUser(client.WithScope(ctx), monitoring.User{ID: planted.ID, Email: planted.Email})
	options := []monitoring.CaptureOption{monitoring.Data("note", text)}
	for i, s := range secretsOf() {
		client.BusinessBreadcrumb(ctx, monitoring.BusinessCrumb{Action: s.text, ResourceType: s.kind, ResourceID: s.text})
		options = append(options,
			monitoring.Tag(fmt.Sprintf("note_%d", i), s.text),
			monitoring.Data(fmt.Sprintf("note_%d", i), s.text))
		client.CaptureError(monitoring.AddBusiness(alone, monitoring.Business{OperationType: s.text, ResourceID: s.text}),
			fmt.Errorf("processing %s: %w", s.text, errPlanted))
		plantElsewhere(alone, client, i, s.text)
	}
	client.CapturePanic(alone, text)
	client.CaptureError(ctx, errors.New(text), options...)
	client.CaptureMessage(ctx, monitoring.LevelInfo, text)

	tracing, root := stage.begin(ctx, "POST /"+secretsOf()[1].text, "http.server")
	for _, s := range secretsOf() {
		_, span := client.StartSpan(tracing, "db.query", "SELECT "+s.text)
		span.SetData("note", s.text)
		span.SetTag("note", s.text)
		span.Finish()
	}
	root.Finish()
}

// planting is a text with every secret and every look-alike.
func planting() string {
	var text strings.Builder
	for _, s := range secretsOf() {
		fmt.Fprintf(&text, "[%s] ", s.text)
	}
	for _, plain := range lookalikes {
		fmt.Fprintf(&text, "(%s) ", plain)
	}
	return text.String()
}

// plantElsewhere puts a secret where the helpers take texts, into another one
// for each that comes: each makes one event.
func plantElsewhere(ctx context.Context, client *monitoring.Client, n int, text string) {
	failure := fmt.Errorf("refused %s: %w", text, errPlanted)
	switch n % 6 {
	case 0:
		client.CaptureBookingError(ctx, failure, monitoring.BookingInfo{AppointmentID: text, ErrorStage: text, ServiceType: text})
	case 1:
		client.CapturePaymentError(ctx, failure, monitoring.PaymentInfo{PaymentIntentID: text, ErrorStage: text})
	case 2:
		client.CaptureIntegrationError(ctx, failure, monitoring.IntegrationInfo{ServiceName: text, Operation: text, ErrorCode: text})
	case 3:
		client.ObserveQuery(ctx, "SELECT id FROM clients WHERE note = "+text, time.Second, failure)
	case 4:
		client.ObserveRedis(ctx, "GET "+text, time.Second, failure)
	default:
		// What Task returns is the failure itself.
		_ = client.Task(ctx, monitoring.TaskInfo{Name: text, ID: text}, func(context.Context) error { return failure })
	}
}

// secretsScrubbed searches the bytes that arrived for every planted secret,
// and asks the auditor to find what the search did not look for.
func secretsScrubbed(ctx context.Context, s *scene, e *expectation) {
	plant(ctx, s)
	raw := string(s.raw())
	// What each helper makes of it is judged by the helper's own check.
	want := len(secretsOf()) + 3
	e.that(len(s.events(e)) >= want, "events: saw %d, expected at least %d", len(s.events(e)), want)
	e.number("transactions", len(s.transactions(e)), 1)
	leaked := map[string]int{}
	for _, secret := range secretsOf() {
		if strings.Contains(raw, secret.core()) {
			leaked[secret.kind]++
		}
	}
	for _, secret := range secretsOf() {
		if n := leaked[secret.kind]; n > 0 {
			e.missed("planted secrets of kind %s on the wire: saw %d of 4, expected none", secret.kind, n)
			delete(leaked, secret.kind)
		}
	}
	for _, record := range s.records() {
		for _, finding := range scrub.Default().Audit(record.Raw) {
			if s.own && strings.HasSuffix(finding.Path, ".user.email") {
				continue // of the user: whether it may be there is told by user-email
			}
			e.missed("the auditor found a %s at %s", finding.Kind, finding.Path)
		}
	}
	e.saw("none of %d secrets of 10 kinds in %d bytes", len(secretsOf()), len(raw))
}

// lookalikesKept expects the harmless neighbours of the secrets unharmed: a
// scrubber that eats order numbers is switched off by its users.
func lookalikesKept(ctx context.Context, s *scene, e *expectation) {
	s.client.CaptureMessage(ctx, monitoring.LevelInfo, planting())
	message := s.event(e).Message
	for _, plain := range lookalikes {
		e.that(strings.Contains(message, "("+plain+")"), "%q in the message: it did not arrive unharmed", plain)
	}
	e.saw("%d look-alikes unharmed beside %d secrets", len(lookalikes), len(secretsOf()))
}

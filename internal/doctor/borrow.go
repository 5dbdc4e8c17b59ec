package doctor

import (
	"context"

	"github.com/bookedbarber/bbctl/internal/config"
)

// borrow takes the settings of a running process where nobody has set a DSN
// here: whoever is called at night has a bare shell, and the DSN stands in the
// unit of the service. It returns the patient with those settings.
func borrow(ctx context.Context, p *Patient) *Patient {
	if p.o.Reload == nil || p.o.Config.DSNState() != config.DSNAbsent {
		return p
	}
	for _, q := range p.processes().readable() {
		if value, _, _ := q.value(config.KeyDSN); value == "" {
			continue
		}
		var environ []string
		for _, key := range p.o.Config.Keys() {
			if value, _, present := q.value(key); present {
				environ = append(environ, key+"="+value)
			}
		}
		cfg, err := p.o.Reload(ctx, environ)
		if err != nil {
			return p
		}
		o := p.o
		o.Config = cfg
		borrower := newPatient(ctx, o)
		borrower.lender = q.String()
		return borrower
	}
	return p
}

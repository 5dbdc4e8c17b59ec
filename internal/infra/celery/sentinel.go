package celery

import (
	"context"
	"errors"
	"fmt"
	"net"

	goredis "github.com/redis/go-redis/v9"

	"github.com/bookedbarber/bbctl/internal/cause"
	"github.com/bookedbarber/bbctl/internal/infra/redis"
)

// primary asks a Sentinel where the Redis of a set is. The URL of a broker
// does not name the set (Celery has it in broker_transport_options): where
// there is only one, it is that.
func primary(ctx context.Context, sentinel *redis.Conn, set string) (string, error) {
	if set == "" {
		sets, err := masterSets(ctx, sentinel)
		if err != nil {
			return "", err
		}
		if len(sets) != 1 {
			return "", &Fault{
				Cause:  cause.CeleryUnreachable,
				Detail: fmt.Sprintf("the Sentinel watches %d sets %q, and the URL names none", len(sets), sets),
				Fix:    "add ?master_name=NAME to " + setting,
			}
		}
		set = sets[0]
	}
	at, err := sentinel.Do(ctx, "SENTINEL", "get-master-addr-by-name", set).StringSlice()
	if errors.Is(err, goredis.Nil) || err == nil && len(at) != 2 {
		return "", &Fault{
			Cause:  cause.CeleryUnreachable,
			Detail: fmt.Sprintf("the Sentinel knows no set %q, expected the broker's", set),
			Fix:    "correct master_name in " + setting,
		}
	}
	if err != nil {
		return "", sentinel.Fault("SENTINEL get-master-addr-by-name", err)
	}
	return net.JoinHostPort(at[0], at[1]), nil
}

// masterSets returns the names of the sets that a Sentinel watches.
func masterSets(ctx context.Context, sentinel *redis.Conn) ([]string, error) {
	reply, err := sentinel.Do(ctx, "SENTINEL", "masters").Slice()
	if err != nil {
		return nil, sentinel.Fault("SENTINEL masters", err)
	}
	var sets []string
	for _, one := range reply {
		fields, _ := one.([]any)
		for i := 0; i+1 < len(fields); i += 2 {
			if name, ok := fields[i+1].(string); ok && fields[i] == "name" {
				sets = append(sets, name)
			}
		}
	}
	return sets, nil
}

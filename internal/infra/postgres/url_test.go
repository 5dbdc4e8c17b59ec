package postgres

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestURLIsReadAsSQLAlchemyReadsIt(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ url, want string }{
		"plain":              {"postgresql://app:pw@db:5433/shop", "user='app' password='pw' host='db' port='5433' dbname='shop' "},
		"old scheme":         {"postgres://app@db/shop", "user='app' host='db' dbname='shop' "},
		"psycopg2":           {"postgresql+psycopg2://app@db/shop", "user='app' host='db' dbname='shop' "},
		"psycopg":            {"postgresql+psycopg://app@db/shop", "user='app' host='db' dbname='shop' "},
		"asyncpg":            {"postgresql+asyncpg://app@db/shop", "user='app' host='db' dbname='shop' "},
		"pg8000":             {"postgresql+pg8000://app@db/shop", "user='app' host='db' dbname='shop' "},
		"escapes":            {"postgresql://a%40b:p%2Fw%25@db/sh%20op", "user='a@b' password='p/w%' host='db' dbname='sh op' "},
		"slash in password":  {"postgresql://app:p/w?d#x@db/shop", "user='app' password='p/w?d#x' host='db' dbname='shop' "},
		"colon in password":  {"postgresql://app:p:w@db/shop", "user='app' password='p:w' host='db' dbname='shop' "},
		"stray percent":      {"postgresql://app:100%@db/shop", "user='app' password='100%' host='db' dbname='shop' "},
		"quote in password":  {`postgresql://app:it's\@db/shop`, `user='app' password='it\'s\\' host='db' dbname='shop' `},
		"IPv6":               {"postgresql://app@[::1]:5432/shop", "user='app' host='::1' port='5432' dbname='shop' "},
		"socket":             {"postgresql://app@/shop?host=/run/postgresql", "user='app' host='/run/postgresql' dbname='shop' "},
		"several hosts":      {"postgresql://app@/shop?host=a:5432&host=b:5433", "user='app' host='a,b' port='5432,5433' dbname='shop' "},
		"options of libpq":   {"postgresql://db/shop?sslmode=require&options=-csearch_path%3Dapp", "host='db' dbname='shop' sslmode='require' options='-csearch_path=app' "},
		"options of drivers": {"postgresql+asyncpg://db/shop?prepared_statement_cache_size=0&async_fallback=true&client_encoding=latin1&keepalives=1&connect_timeout=3", "host='db' dbname='shop' "},
		"asyncpg's ssl":      {"postgresql+asyncpg://db/shop?ssl=verify-full", "host='db' dbname='shop' sslmode='verify-full' "},
		"nothing":            {"postgresql://", ""},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := parse(test.url)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, got.settings()); diff != "" {
				t.Errorf("settings (-want +got):\n%s", diff)
			}
		})
	}
}

func TestURLThatCannotBeReadIsNotQuoted(t *testing.T) {
	t.Parallel()
	const secret = "hunter2"
	for name, url := range map[string]string{
		"no scheme":            "app:" + secret + "@db/shop",
		"@ in the password":    "postgresql://app:x@" + secret + "@db/shop",
		"password as a port":   "postgresql://app:" + secret + "/shop",
		"port out of range":    "postgresql://app:" + secret + "@db:65536/shop",
		"port of letters":      "postgresql://app:" + secret + "@db:" + secret + "/shop",
		"options do not match": "postgresql://app:" + secret + "@db/shop?sslmode=maybe",
		"no such certificate":  "postgresql://app:" + secret + "@db/shop?sslmode=verify-full&sslrootcert=/nowhere/ca.pem",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := Connect(t.Context(), url)
			var fault *Fault
			if !errors.As(err, &fault) || fault.Fix == "" {
				t.Fatalf("Connect: %v, want a fault with a fix", err)
			}
			if strings.Contains(fault.Error()+fault.Fix, secret) {
				t.Errorf("the fault shows the password: %s (%s)", fault.Detail, fault.Fix)
			}
		})
	}
}

func TestOtherDatabasesAreUnsupportedByName(t *testing.T) {
	t.Parallel()
	for _, scheme := range []string{"sqlite", "sqlite+aiosqlite", "mysql+pymysql", "mssql+pyodbc", "cockroachdb", "oracle"} {
		_, err := Connect(t.Context(), scheme+"://app:pw@db/shop")
		if !errors.Is(err, ErrUnsupported) || !strings.Contains(err.Error(), scheme) {
			t.Errorf("%s: %v, want ErrUnsupported with the scheme", scheme, err)
		}
	}
}

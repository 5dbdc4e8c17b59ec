package monitoring

import (
	"errors"
	"strings"
	"testing"
)

func TestStatementLosesItsValues(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, sql, want, operation, table string }{
		{"strings and numbers", "SELECT * FROM users WHERE name = 'Anna' AND age > 42", "SELECT * FROM users WHERE name = ? AND age > ?", "SELECT", "users"},
		{"placeholders stay", "UPDATE t SET a = $1, b = :name, c = ?, d = %s, e = %(x)s WHERE id = @id", "UPDATE t SET a = $1, b = :name, c = ?, d = %s, e = %(x)s WHERE id = @id", "UPDATE", "t"},
		{"doubled quote", "SELECT 'it''s Anna' FROM t", "SELECT ? FROM t", "SELECT", "t"},
		{"E string", `SELECT E'it\'s Anna', 2 FROM t`, "SELECT ? FROM t", "SELECT", "t"},
		{"backslash that MySQL escapes", `SELECT * FROM t WHERE a = 'O\'Brien, secret' AND b = 1`, "SELECT * FROM t WHERE a = ?", "SELECT", "t"},
		{"backslash that nobody escapes", `SELECT * FROM t WHERE a = 'C:\\' AND b = 'x'`, "SELECT * FROM t WHERE a = ? AND b = ?", "SELECT", "t"},
		{"dollar quotes", "SELECT $$Anna$$, $tag$it's $$ Anna$tag$ FROM t", "SELECT ? FROM t", "SELECT", "t"},
		{"dollar quote that is open", "SELECT $a$Anna FROM t", "SELECT ?", "SELECT", ""},
		{"open string", "SELECT * FROM t WHERE a = 'Anna", "SELECT * FROM t WHERE a = ?", "SELECT", "t"},
		{"other string forms", "SELECT N'Anna', X'1F', b'101', U&'d\\0061t' FROM t", "SELECT N?, X?, b?, U&? FROM t", "SELECT", "t"},
		{"numbers", "SELECT -1.5e-3, .5, 0xFF, 1_000, +7 FROM t WHERE a-1 > b -2", "SELECT ? FROM t WHERE a-? > b -?", "SELECT", "t"},
		{"digits in names", "SELECT t1.col2 FROM t1", "SELECT t1.col2 FROM t1", "SELECT", "t1"},
		{"comments", "/* Anna /* nested */ still */ SELECT 1 -- Anna\nFROM t # Anna", "SELECT ? FROM t", "SELECT", "t"},
		{"JSON operators are no comments", "SELECT a #> '{b}', c #>> '{d}', e #- '{f}' FROM t", "SELECT a #> ?, c #>> ?, e #- ? FROM t", "SELECT", "t"},
		{"casts", "SELECT '1'::int, $1::uuid FROM t", "SELECT ?::int, $1::uuid FROM t", "SELECT", "t"},
		{"IN list", "SELECT * FROM t WHERE id IN (1, 2, 3) AND k IN ('a','b') AND p IN ($1, $2, $3)", "SELECT * FROM t WHERE id IN (?) AND k IN (?) AND p IN ($1)", "SELECT", "t"},
		{"rows", "INSERT INTO t (a, b) VALUES (1, 'x'), (2, 'y'), (3, 'z')", "INSERT INTO t (a, b) VALUES (?)", "INSERT", "t"},
		{"names in double quotes", `SELECT "u"."name" FROM "public"."users" AS "u" WHERE "u"."id" = $1`, `SELECT "u"."name" FROM "public"."users" AS "u" WHERE "u"."id" = $1`, "SELECT", "public.users"},
		{"values in double quotes", `SELECT * FROM users WHERE name = "Anna" OR a LIKE "Berta" OR b IN ("Carla", "Doris") OR c BETWEEN "Emma" AND "Frida"`, "SELECT * FROM users WHERE name = ? OR a LIKE ? OR b IN (?) OR c BETWEEN ? AND ?", "SELECT", "users"},
		{"rows in double quotes", `INSERT INTO users ("name") VALUES ("Anna"), ("Berta")`, `INSERT INTO users ("name") VALUES (?)`, "INSERT", "users"},
		{"no name at all", `SELECT "anna@example.org" FROM t`, "SELECT ? FROM t", "SELECT", "t"},
		{"backticks", "SELECT `a` FROM `users`", "SELECT `a` FROM `users`", "SELECT", "users"},
		{"white space", "  SELECT\n\t1\r\n  FROM   t ;", "SELECT ? FROM t ;", "SELECT", "t"},
		{"WITH", "WITH recent AS (SELECT * FROM bookings) UPDATE slots SET n = 0", "WITH recent AS (SELECT * FROM bookings) UPDATE slots SET n = ?", "UPDATE", "bookings"},
		{"recursive", "WITH RECURSIVE a(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM a WHERE n < 9) SELECT count(*) FROM a", "WITH RECURSIVE a(n) AS (SELECT ? UNION ALL SELECT n + ? FROM a WHERE n < ?) SELECT count(*) FROM a", "SELECT", "a"},
		{"subquery", "SELECT * FROM (SELECT id FROM bookings) b", "SELECT * FROM (SELECT id FROM bookings) b", "SELECT", "bookings"},
		{"FROM that reads no table", "SELECT EXTRACT(year FROM created_at), a IS DISTINCT FROM b FROM bookings", "SELECT EXTRACT(year FROM created_at), a IS DISTINCT FROM b FROM bookings", "SELECT", "bookings"},
		{"for update", "SELECT * FROM slots WHERE id = 7 FOR UPDATE", "SELECT * FROM slots WHERE id = ? FOR UPDATE", "SELECT", "slots"},
		{"upsert", "INSERT INTO t VALUES (1) ON CONFLICT (a) DO UPDATE SET a = 2", "INSERT INTO t VALUES (?) ON CONFLICT (a) DO UPDATE SET a = ?", "INSERT", "t"},
		{"delete", "DELETE FROM ONLY public.t WHERE a = true", "DELETE FROM ONLY public.t WHERE a = true", "DELETE", "public.t"},
		{"ddl", "CREATE TABLE IF NOT EXISTS t (a int)", "CREATE TABLE IF NOT EXISTS t (a int)", "CREATE", "t"},
		{"parenthesised", "(SELECT 1 FROM t) UNION (SELECT 2 FROM u)", "(SELECT ? FROM t) UNION (SELECT ? FROM u)", "SELECT", "t"},
		{"modulo", "SELECT a %s FROM t", "SELECT a %s FROM t", "SELECT", "t"},
		{"no SQL", "PING", "PING", "", ""},
		{"empty", "", "", "", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got := parseStatement(tt.sql)
			if got.text != tt.want || got.operation != tt.operation || got.table != tt.table {
				t.Errorf("got  %q %q %q\nwant %q %q %q", got.text, got.operation, got.table, tt.want, tt.operation, tt.table)
			}
		})
	}
}

func TestLongStatementSaysWhatWasCut(t *testing.T) {
	t.Parallel()
	got := parseStatement("SELECT " + strings.Repeat("column_name, ", 5000) + "x FROM t").text
	if len(got) > maxStatement+100 || !strings.Contains(got, "(cut: ") {
		t.Errorf("got %d bytes, ending %q", len(got), got[max(0, len(got)-50):])
	}
}

func TestDriversErrorsLoseTheirValues(t *testing.T) {
	t.Parallel()
	const sql = "SELECT client_phone FROM users WHERE name = 'planted-4242'"
	tests := []struct{ name, text, want string }{
		{"sqlite table", "no such table: users", "no such table: users"},
		{"postgres relation", `ERROR: relation "bbctl_no_such" does not exist (SQLSTATE 42P01)`, `ERROR: relation "bbctl_no_such" does not exist (SQLSTATE 42P01)`},
		{"postgres constraint", `duplicate key value violates unique constraint "users_email_key" (SQLSTATE 23505)`, `duplicate key value violates unique constraint "users_email_key" (SQLSTATE 23505)`},
		{"postgres detail", `Key (email)=(anna@example.org) already exists.`, `Key (email)=(?) already exists.`},
		{"postgres input", `invalid input syntax for type uuid: "anna"`, `invalid input syntax for type uuid: "?"`},
		{"postgres column", `column "client_phon" of relation "users" does not exist`, `column "client_phon" of relation "users" does not exist`},
		{"mysql entry", `Error 1062 (23000): Duplicate entry 'anna' for key 'users.email'`, `Error 1062 (23000): Duplicate entry '?' for key 'users.email'`},
		{"mysql near", `You have an error in your SQL syntax near 'FROM users WHERE name = 'anna'' at line 1`, `You have an error in your SQL syntax near '?' at line 1`},
		{"literal of the statement", `cannot cast planted-4242`, `cannot cast ?`},
		{"word of the statement", `near "FROM": syntax error`, `near "FROM": syntax error`},
		{"apostrophe", `the server doesn't answer, it can't`, `the server doesn't answer, it can't`},
		{"open quote", `unterminated string at "anna`, `unterminated string at "?`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if got := maskQuery(errors.New(tt.text), parseStatement(sql)).Error(); got != tt.want {
				t.Errorf("got  %q\nwant %q", got, tt.want)
			}
		})
	}
}

func FuzzStatement(f *testing.F) {
	for _, sql := range []string{
		"SELECT * FROM t WHERE a = ", `SELECT E'\`, "/*", "$a$", `"`, "IN (", "VALUES (1), (", "BETWEEN 1 AND ", "%(", "N", "a.", "`", "-", "1e", `'\`,
	} {
		f.Add(sql, "", "x")
		f.Add(sql, " AND b = 2", "it's")
	}
	f.Fuzz(func(t *testing.T, before, after, secret string) {
		// Whatever stands around it, a text that is quoted by the standard's
		// rules is no part of what is sent.
		const marker = "Planted4242Marker"
		if strings.ContainsAny(before+after+secret, "'\"`$\\") || strings.Contains(before+after, marker) {
			before, after, secret = "SELECT ", "", "x"
		}
		for _, comment := range []string{"--", "/*", "#"} {
			before = strings.ReplaceAll(before, comment, " ")
		}
		got := parseStatement(before + "'" + marker + secret + "'" + after)
		if strings.Contains(got.text, marker) {
			t.Errorf("the value is in %q", got.text)
		}
		again := parseStatement(before + after + secret)
		if len(again.text) > maxStatement+200 {
			t.Errorf("%d bytes", len(again.text))
		}
	})
}

func TestRedisOperationLosesItsKey(t *testing.T) {
	t.Parallel()
	for operation, want := range map[string]string{
		"cache.get_user_data":          "cache.get_user_data",
		"celery.control.ping":          "celery.control.ping",
		"GET":                          "GET",
		"GET user:42:profile":          "GET user:?",
		"SET user:42 anna@example.org": "SET user:?",
		"GET anna":                     "GET ?",
		"user:42":                      "user:?",
		"MGET a@b.org:1 b":             "MGET ?",
		"":                             "",
	} {
		if got := redisOperation(operation); got != want {
			t.Errorf("%q: got %q, want %q", operation, got, want)
		}
	}
}

package monitoring

import (
	"fmt"
	"slices"
	"strings"
)

// statement is a SQL statement without its values.
type statement struct {
	text      string // on one line, literals replaced by ?
	operation string // SELECT, INSERT …
	table     string // the first one that it reads or writes
	values    []string
	words     map[string]bool // its keywords and identifiers, in lower case
}

// maxStatement bounds how much of a statement is kept, in bytes.
const maxStatement = 2 << 10

// parseStatement takes the values out of a statement: strings in all their
// forms, numbers, comments. It is no parser of SQL: what it does not
// understand it takes for a word or a sign, and where it cannot tell how far a
// string goes it takes all the rest for one, so that no value slips through.
func parseStatement(sql string) statement {
	l := lexer{in: sql}
	l.run()
	s := statement{values: l.values, words: map[string]bool{}}
	for _, t := range l.tokens {
		if t.kind == word {
			for part := range strings.SplitSeq(unquoted(t.text), ".") {
				s.words[strings.ToLower(part)] = true
			}
		}
	}
	s.operation, s.table = subject(l.tokens)
	s.text = render(collapse(l.tokens))
	return s
}

// lexeme is what a token is.
type lexeme byte

const (
	word        lexeme = iota // a keyword or an identifier, also a quoted one
	value                     // a literal, or a placeholder: "?" or what stood there
	sign                      // any other byte
	placeholder               // "?", "$1", ":name", "%s" as they stood there
)

type token struct {
	kind  lexeme
	text  string
	space bool // there was white space before it
}

func (t token) isValue() bool       { return t.kind == value || t.kind == placeholder }
func (t token) is(sign string) bool { return t.text == sign && t.kind != value }

// render writes tokens on one line, at most maxStatement long.
func render(tokens []token) string {
	var out strings.Builder
	for i, t := range tokens {
		if out.Len()+len(t.text) > maxStatement {
			fmt.Fprintf(&out, " … (cut: %d of %d words)", i, len(tokens))
			break
		}
		if t.space && out.Len() > 0 {
			out.WriteByte(' ')
		}
		out.WriteString(t.text)
	}
	return out.String()
}

// collapse makes IN (?, ?, ?) of any length one, and the rows of VALUES too: a
// list that is longer is not another query.
func collapse(tokens []token) []token {
	out := make([]token, 0, len(tokens))
	for _, t := range tokens {
		n := len(out)
		switch {
		case t.isValue() && n >= 2 && out[n-1].is(",") && out[n-2].isValue():
			out = out[:n-1]
			continue
		case t.is(")") && n >= 5 && out[n-1].isValue() && out[n-2].is("(") && out[n-3].is(",") && out[n-4].is(")") && out[n-5].isValue():
			out = out[:n-3]
			continue
		}
		out = append(out, t)
	}
	return out
}

// operations are the words that begin a statement.
func isOperation(upper string) bool {
	switch upper {
	case "SELECT", "INSERT", "UPDATE", "DELETE", "MERGE", "REPLACE", "CREATE", "ALTER", "DROP", "TRUNCATE", "COPY", "CALL",
		"BEGIN", "COMMIT", "ROLLBACK", "SAVEPOINT", "VACUUM", "ANALYZE", "REINDEX", "EXPLAIN", "SET", "SHOW", "LOCK", "REFRESH", "EXECUTE":
		return true
	default:
		return false
	}
}

// subject finds the operation and the table. Of WITH … UPDATE the operation is
// the statement at the end, outside of parentheses; the table is the first one
// that is named, wherever.
func subject(tokens []token) (operation, table string) {
	var inner string            // an operation within parentheses, in case there is no other
	var before []string         // for each open parenthesis the word in front of it
	awaiting, last := false, "" // a table's name is next; the word before
	for i, t := range tokens {
		upper := strings.ToUpper(t.text)
		switch {
		case t.is("("):
			before = append(before, last)
			awaiting = false
		case t.is(")") && len(before) > 0:
			before = before[:len(before)-1]
		case t.kind != word:
		case upper == "FROM" && (last == "DISTINCT" || len(before) > 0 && fromIsNoTable(before[len(before)-1])):
		case slices.Contains([]string{"FROM", "INTO", "JOIN", "TABLE"}, upper):
			awaiting = table == ""
		case slices.Contains([]string{"ONLY", "IF", "EXISTS", "NOT", "LATERAL", "IGNORE"}, upper):
		case isOperation(upper) && !awaiting:
			if operation == "" && len(before) == 0 {
				operation = upper
			} else if inner == "" {
				inner = upper
			}
			awaiting = awaiting || (upper == "UPDATE" || upper == "TRUNCATE") && table == "" && last != "FOR"
		case awaiting:
			table, awaiting = qualified(tokens[i:]), false
		}
		if t.kind == word {
			last = upper
		}
	}
	if operation == "" {
		operation = inner
	}
	return operation, table
}

// fromIsNoTable: EXTRACT(year FROM created_at) reads no table created_at.
func fromIsNoTable(function string) bool {
	return slices.Contains([]string{"EXTRACT", "SUBSTRING", "TRIM", "OVERLAY", "POSITION"}, function)
}

// qualified is a name with its schema: public.bookings, "public"."bookings".
func qualified(tokens []token) string {
	name := unquoted(tokens[0].text)
	for i := 1; i+1 < len(tokens) && tokens[i].is(".") && tokens[i+1].kind == word; i += 2 {
		name += "." + unquoted(tokens[i+1].text)
	}
	return cut(name, maxTag)
}

func unquoted(name string) string { return strings.Trim(name, "\"`") }

package scrub

import "bytes"

// prefix is how the tokens of a service begin, and what follows.
type prefix struct {
	text  string
	least int // bytes after the prefix
	chars func(byte) bool
}

func base64ish(c byte) bool {
	return digit(c) || letter(c) || c == '_' || c == '-'
}

func alnum(c byte) bool { return digit(c) || letter(c) }

func dotted(c byte) bool { return base64ish(c) || c == '.' }

func upperAlnum(c byte) bool { return digit(c) || upper(c) }

// prefixesOf lists the known tokens by their first letter.
func prefixesOf(c byte) []prefix {
	switch c {
	case 's':
		return stripeAndMore[:]
	case 'r':
		return restricted[:]
	case 'w':
		return webhooks[:]
	case 'g':
		return gits[:]
	case 'A':
		return amazonGoogle[:]
	case 'x':
		return slack[:]
	case 'S':
		return sendgrid[:]
	case 'n':
		return npm[:]
	case 'd':
		return digitalocean[:]
	}
	return nil
}

var (
	stripeAndMore = [...]prefix{
		{"sk_live_", 8, alnum},
		{"sk_test_", 8, alnum},
		{"sk-", 20, base64ish},
		{"sntrys_", 20, dotted},
		{"sntryu_", 20, alnum},
		{"shpat_", 20, alnum},
		{"shpca_", 20, alnum},
		{"shppa_", 20, alnum},
		{"shpss_", 20, alnum},
	}
	restricted   = [...]prefix{{"rk_live_", 8, alnum}, {"rk_test_", 8, alnum}}
	webhooks     = [...]prefix{{"whsec_", 16, base64ish}}
	gits         = [...]prefix{{"ghp_", 20, alnum}, {"gho_", 20, alnum}, {"ghu_", 20, alnum}, {"ghs_", 20, alnum}, {"ghr_", 20, alnum}, {"github_pat_", 20, base64ish}, {"glpat-", 16, base64ish}}
	amazonGoogle = [...]prefix{{"AKIA", 16, upperAlnum}, {"ASIA", 16, upperAlnum}, {"AIza", 30, base64ish}}
	slack        = [...]prefix{{"xoxb-", 10, base64ish}, {"xoxp-", 10, base64ish}, {"xoxa-", 10, base64ish}, {"xoxr-", 10, base64ish}, {"xoxs-", 10, base64ish}, {"xapp-", 10, base64ish}}
	sendgrid     = [...]prefix{{"SG.", 30, dotted}}
	npm          = [...]prefix{{"npm_", 30, alnum}}
	digitalocean = [...]prefix{{"dop_v1_", 40, alnum}}
)

// word looks at a word's beginning: tokens, schemes of authorization, JWTs,
// IBANs. It returns the last byte that it has dealt with.
func (t *scanner) word(i int) int {
	rest := t.b[i:]
	c := rest[0]
	if t.uuid(i) {
		return i + 35
	}
	for _, p := range prefixesOf(c) {
		if len(rest) < len(p.text)+p.least || string(rest[:len(p.text)]) != p.text {
			continue
		}
		end := i + len(p.text)
		for end < len(t.b) && p.chars(t.b[end]) {
			end++
		}
		for end > i && t.b[end-1] == '.' {
			end--
		}
		if end-i-len(p.text) >= p.least {
			t.add(i, end, Token)
			return end - 1
		}
	}
	switch c {
	case 'e':
		if bytes.HasPrefix(rest, []byte("eyJ")) {
			if end := t.jwt(i); end > 0 {
				t.add(i, end, Token)
				return end - 1
			}
		}
	case 'B', 'b', 'T', 't':
		t.authorization(i)
	}
	if len(rest) >= 15 && letter(rest[1]) && digit(rest[2]) && digit(rest[3]) {
		if end := t.iban(i); end > 0 {
			t.add(i, end, IBAN)
			return end - 1
		}
	}
	return i
}

// jwt finds three parts of base64url; the last may be empty.
func (t *scanner) jwt(i int) int {
	dots, end := 0, i
	for ; end < len(t.b) && (dots > 0 || end-i < maxHead); end++ {
		if t.b[end] == '.' && dots < 2 {
			dots++
			continue
		}
		if !base64ish(t.b[end]) {
			break
		}
	}
	if dots < 1 || end-i < 24 {
		return 0
	}
	for end > i && t.b[end-1] == '.' && dots < 2 {
		end--
	}
	return end
}

// authorization finds "Bearer X", "Basic X" and "Token X" where X looks like a
// token and not like a word of a sentence.
func (t *scanner) authorization(i int) {
	end := i
	for letter(t.at(end)) {
		end++
	}
	if !scheme(t.b[i:end]) || t.at(end) != ' ' {
		return
	}
	start := end + 1
	for end = start; end < len(t.b) && (dotted(t.b[end]) || bytes.IndexByte([]byte("~+/="), t.b[end]) >= 0); end++ {
	}
	value := t.b[start:end]
	if len(value) >= 12 && (count(value, digit) > 0 || count(value, upper) > 1) {
		t.add(start, end, Authorization)
	}
}

// iban finds an account number: country, check digits, and what the country's
// numbers have, in groups or not.
func (t *scanner) iban(i int) int {
	var compact [34]byte
	n, end := 0, i
	want := ibanLength(t.b[i]&^0x20, t.b[i+1]&^0x20)
	if want == 0 {
		return 0
	}
	for end < len(t.b) && n < want {
		c := t.b[end]
		switch {
		case alnum(c):
			if letter(c) {
				c &^= 0x20
			}
			compact[n] = c
			n++
		case (c == ' ' || c == '-') && alnum(t.at(end+1)):
		default:
			return 0
		}
		end++
	}
	if n != want || end < len(t.b) && wordByte(t.b[end]) {
		return 0
	}
	if mod97(compact[:n]) != 1 {
		return 0
	}
	return end
}

func mod97(iban []byte) int {
	rest := 0
	for i := range iban {
		c := iban[(i+4)%len(iban)]
		if letter(c) {
			rest = (rest*100 + int(c-'A') + 10) % 97
		} else {
			rest = (rest*10 + int(c-'0')) % 97
		}
	}
	return rest
}

// ibanLength is how long a country's account numbers are (IBAN registry).
func ibanLength(a, b byte) int {
	switch string([]byte{a, b}) {
	case "NO":
		return 15
	case "BE":
		return 16
	case "DK", "FI", "FO", "GL", "NL", "FK", "SD":
		return 18
	case "MK", "SI":
		return 19
	case "AT", "BA", "EE", "KZ", "LT", "LU", "XK", "MN":
		return 20
	case "CH", "CR", "HR", "LI", "LV":
		return 21
	case "BG", "BH", "DE", "GB", "GE", "IE", "ME", "RS", "VA":
		return 22
	case "AE", "GI", "IL", "IQ", "TL", "OM", "SO":
		return 23
	case "AD", "CZ", "ES", "MD", "PK", "RO", "SA", "SE", "SK", "TN", "VG":
		return 24
	case "LY", "PT", "ST":
		return 25
	case "IS", "TR":
		return 26
	case "BI", "DJ", "FR", "GR", "IT", "MC", "MR", "SM":
		return 27
	case "AL", "AZ", "BY", "CY", "DO", "GT", "HU", "LB", "NI", "PL", "SV":
		return 28
	case "BR", "EG", "PS", "QA", "UA":
		return 29
	case "JO", "KW", "MU", "YE":
		return 30
	case "MT", "SC":
		return 31
	case "LC":
		return 32
	case "RU":
		return 33
	}
	return 0
}

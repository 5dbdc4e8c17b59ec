package scrub

import (
	"bytes"
	"slices"
)

// keyClass is what the name of a field says about its value.
type keyClass uint8

const (
	plainKey  keyClass = iota
	secretKey          // the value is removed whatever it is
	cookieKey
	phoneKey // digits are a phone number
	cardKey  // digits are a card number
	idKey    // digits are an id or a version
	ipKey    // dotted numbers are an address
)

// classify reads a key as it is written: api_key, apiKey, X-Api-Key,
// TWILIO_AUTH_TOKEN.
func (s *Scrubber) classify(key []byte) keyClass {
	if len(key) == 0 || len(key) > 100 {
		return plainKey
	}
	// The working directory of a process, and not a password.
	if string(key) == "PWD" || string(key) == "OLDPWD" {
		return plainKey
	}
	var buffer [128]byte
	if len(s.keys) > 0 {
		if _, found := slices.BinarySearch(s.keys, string(normalize(key, buffer[:0]))); found {
			return secretKey
		}
	}
	words := segments(key, buffer[:0])
	last, before := lastTwo(words)
	switch string(last) {
	case "password", "passwd", "pwd", "pw", "passphrase", "passcode", "secret", "token", "credential", "credentials", "authorization",
		"apikey", "authkey", "secretkey", "privatekey", "accesskey", "csrf", "xsrf", "csrftoken", "xsrftoken", "csrfmiddlewaretoken",
		"jwt", "sessionid", "sessionkey", "authtoken", "accesstoken", "refreshtoken", "clientsecret", "signature", "cvv", "cvc", "cvv2", "cvc2",
		"ssn", "bearer", "otp", "pin", "mysqlpwd", "pgpassword":
		return secretKey
	case "cookie", "cookies", "setcookie":
		return cookieKey
	case "key":
		switch string(before) {
		case "api", "secret", "private", "access", "auth", "signing", "encryption", "session", "master", "webhook", "license":
			return secretKey
		}
	case "id", "ids", "uuid", "guid", "sid", "sha256", "sha1", "sha", "hash", "checksum", "digest", "etag", "commit", "snowflake", "version":
		if string(before) == "session" {
			return secretKey
		}
		if string(last) == "hash" && (string(before) == "password" || string(before) == "passwd") {
			return secretKey
		}
		return idKey
	case "security":
		if string(before) == "social" {
			return secretKey
		}
	case "number", "no", "num":
		switch string(before) {
		case "card", "cc", "account":
			return cardKey
		case "phone", "mobile", "telephone", "contact":
			return phoneKey
		}
	case "pan", "card", "cardnumber", "creditcard", "ccnumber":
		return cardKey
	case "phone", "tel", "telephone", "mobile", "cell", "fax", "phonenumber", "msisdn", "sms", "whatsapp":
		return phoneKey
	case "ip", "ipaddress", "ipaddr", "remoteaddr", "for":
		return ipKey
	case "address", "addr":
		switch string(before) {
		case "ip", "client", "remote", "peer", "source", "user":
			return ipKey
		}
	}
	return plainKey
}

// normalize is a key in lower case, without what separates its words.
func normalize(key, dst []byte) []byte {
	for _, c := range key {
		if c == '-' || c == '_' || c == '.' || c == ' ' {
			continue
		}
		if upper(c) {
			c |= 0x20
		}
		dst = append(dst, c)
	}
	return dst
}

// segments are the words of a key in lower case, separated by blanks.
func segments(key, dst []byte) []byte {
	for i, c := range key {
		switch {
		case c == '-' || c == '_' || c == '.' || c == ' ' || c == '[' || c == ']' || c == '/' || c == ':':
			dst = append(dst, ' ')
			continue
		case upper(c):
			// A word begins at a capital after a small letter: apiKey.
			if i > 0 && !upper(key[i-1]) && letter(key[i-1]) {
				dst = append(dst, ' ')
			}
			c |= 0x20
		}
		dst = append(dst, c)
	}
	return bytes.Trim(dst, " ")
}

func lastTwo(words []byte) (last, before []byte) {
	i := bytes.LastIndexByte(words, ' ')
	if i < 0 {
		return words, nil
	}
	last, before = words[i+1:], bytes.TrimRight(words[:i], " ")
	if j := bytes.LastIndexByte(before, ' '); j >= 0 {
		before = before[j+1:]
	}
	return last, before
}

package scrub

import "bytes"

// number looks at the first digit of a number: cards, phone numbers, social
// security numbers, addresses. It returns the last byte of the number.
func (t *scanner) number(i int) int {
	last := t.endOfRun(i)
	if !t.boundary(i) || t.at(i-1) == '.' && digit(t.at(i-2)) {
		return last
	}
	if t.uuid(i) {
		return i + 35
	}
	switch {
	case t.ipv4(i):
	case t.card(i):
	case t.social(i):
	case t.americanDigits(i):
	case t.class == phoneKey:
		t.whole(7, 15, Phone)
	case t.class == cardKey:
		t.whole(12, 19, Card)
	}
	return max(last, t.from-1)
}

// uuid says whether a UUID begins at i: its groups may be digits alone.
func (t *scanner) uuid(i int) bool {
	return len(t.b)-i >= 36 && t.b[i+8] == '-' && identity(t.b[i:i+36]) && !wordByte(t.at(i+36))
}

// endOfRun is the last of the digits and letters that begin at i.
func (t *scanner) endOfRun(i int) int {
	for wordByte(t.at(i + 1)) {
		i++
	}
	return i
}

// digits collects a number of up to 19 digits with its separators. groups are
// the lengths of the parts between them.
type digits struct {
	value  [20]byte
	n      int
	groups [8]int
	parts  int
	end    int
	over   bool // there are more digits than a card has
	dotted bool // a dot stands between two parts
}

// collect reads digits and the separators that people put between them: blank,
// hyphen, dot, no-break space, %20, and " - ".
func (t *scanner) collect(i int) digits {
	var d digits
	group := 0
	for {
		c := t.at(i)
		if digit(c) {
			if d.n == len(d.value) {
				d.over = true
				return d
			}
			d.value[d.n] = c
			d.n++
			group++
			i++
			d.end = i
			continue
		}
		skip := t.separator(i)
		if group > 0 && d.parts < len(d.groups) {
			d.groups[d.parts] = group
			d.parts++
		}
		if skip == 0 || !digit(t.at(i+skip)) || d.parts == len(d.groups) {
			return d
		}
		group = 0
		d.dotted = d.dotted || t.at(i) == '.'
		i += skip
	}
}

func (t *scanner) separator(i int) int {
	switch c := t.at(i); {
	case c == ' ' && t.at(i+1) == '-' && t.at(i+2) == ' ':
		return 3
	case c == ' ' || c == '-' || c == '.' || c == '+' || c == '_':
		return 1
	case c == 0xc2 && t.at(i+1) == 0xa0:
		return 2
	case c == 0xe2 && t.at(i+1) == 0x80 && (t.at(i+2) >= 0x80 && t.at(i+2) <= 0x95 || t.at(i+2) == 0xaf):
		return 3 // the blanks and dashes of typography
	case c == '%' && t.at(i+1) == '2' && (t.at(i+2) == '0' || t.at(i+2)|0x20 == 'd'):
		return 3
	}
	return 0
}

// card finds a card number: a brand, a length that the brand has, Luhn's sum,
// and groups as they are printed on cards. It does so in the value of an id
// too: one in forty ids of 16 digits is lost that way, and no card passes.
func (t *scanner) card(i int) bool {
	d := t.collect(i)
	if d.n < 13 || d.parts == 2 && d.dotted { // a reading of a clock, with its fraction
		return false
	}
	if t.at(d.end) == '.' && digit(t.at(d.end+1)) || wordByte(t.at(d.end)) {
		return false
	}
	if !d.over && d.n <= 19 && cardGroups(d.groups[:d.parts]) && isCard(d.value[:d.n]) {
		t.add(i, d.end, Card)
		return true
	}
	// Four groups of four, and then another number that is none of it.
	if d.parts >= 4 && d.groups[0] == 4 && d.groups[1] == 4 && d.groups[2] == 4 && d.groups[3] == 4 &&
		(d.parts == 4 || d.groups[4] != 4) && isCard(d.value[:16]) {
		end := i
		for n := 0; n < 16; end++ {
			if digit(t.b[end]) && (t.b[end-min(end, 1)] != '%') {
				n++
			}
		}
		t.add(i, end, Card)
		return true
	}
	return false
}

// cardGroups says whether the parts of a number could be a card's.
func cardGroups(groups []int) bool {
	switch len(groups) {
	case 0, 1:
		return true
	case 2:
		return groups[0] >= 4 && groups[1] >= 4
	case 3:
		return groups[0] == 4 && groups[1] >= 4 // 4-6-5, 4-6-4
	default:
		for _, n := range groups[:len(groups)-1] {
			if n != 4 {
				return false
			}
		}
		return groups[len(groups)-1] <= 4
	}
}

func isCard(d []byte) bool { return brand(d) && luhn(d) }

func luhn(d []byte) bool {
	sum := 0
	for i := range d {
		n := int(d[len(d)-1-i] - '0')
		if i%2 == 1 {
			if n *= 2; n > 9 {
				n -= 9
			}
		}
		sum += n
	}
	return sum%10 == 0
}

// brand says whether a number begins as a card's and is as long.
func brand(d []byte) bool {
	n := len(d)
	two := int(d[0]-'0')*10 + int(d[1]-'0')
	three := two*10 + int(d[2]-'0')
	four := three*10 + int(d[3]-'0')
	switch {
	case d[0] == '4':
		return n == 16 || n == 19
	case two >= 51 && two <= 55, four >= 2221 && four <= 2720:
		return n == 16
	case two == 34 || two == 37:
		return n == 15
	case three >= 300 && three <= 305 || two == 36 || two == 38 || two == 39:
		return n == 14 || n == 16
	case four == 6011 || three >= 644 && three <= 649 || two == 65:
		return n == 16 || n == 19
	case four >= 3528 && four <= 3589:
		return n == 16 || n == 19
	case two == 62 || two == 81:
		return n >= 16 && n <= 19
	case four >= 2200 && four <= 2204:
		return n == 16 || n == 19
	}
	switch four {
	case 5018, 5020, 5038, 5893, 6304, 6759, 6761, 6762, 6763, 6799, 5019:
		return n >= 13 && n <= 19
	}
	return false
}

// social finds a United States social security number written 123-45-6789.
func (t *scanner) social(i int) bool {
	b := t.b[i:]
	if len(b) < 11 || b[3] != '-' || b[6] != '-' || len(b) > 11 && (wordByte(b[11]) || b[11] == '-') || i > 0 && t.b[i-1] == '-' {
		return false
	}
	for j, c := range b[:11] {
		if j != 3 && j != 6 && !digit(c) {
			return false
		}
	}
	area := string(b[:3])
	if area == "000" || area == "666" || area[0] == '9' || string(b[4:6]) == "00" || string(b[7:11]) == "0000" {
		return false
	}
	t.add(i, i+11, SSN)
	return true
}

// international finds a phone number after a plus, which begins at start and
// whose digits begin at i. It returns its end, or 0.
func (t *scanner) international(start, i int) int {
	if start > 0 && wordByte(t.b[start-1]) || !digit(t.at(i)) || t.at(i) == '0' {
		return 0
	}
	end, n := i, 0
	for j := i; j < len(t.b); j++ {
		c := t.b[j]
		if digit(c) {
			n++
			end = j + 1
			continue
		}
		if c == ' ' || c == '-' || c == '.' || c == '(' || c == ')' || c == '/' {
			if next := t.at(j + 1); digit(next) || next == '(' || c == ')' && next == ' ' || c == '(' || c == ' ' && next == ' ' {
				continue
			}
		}
		break
	}
	if n < 8 || n > 15 || wordByte(t.at(end)) || t.at(end) == ':' && digit(t.at(end+1)) {
		return 0
	}
	t.add(start, end, Phone)
	return end
}

// american finds (415) 555-0134 at its bracket.
func (t *scanner) american(i int) {
	b := t.b[i:]
	if len(b) < 13 || !area(b[1:4]) || b[4] != ')' {
		return
	}
	j := 5
	if b[j] == ' ' {
		j++
	}
	t.exchange(i, i+j)
}

// americanDigits finds 415-555-0134, 415.555.0134 and 415 555 0134.
func (t *scanner) americanDigits(i int) bool {
	b := t.b[i:]
	if len(b) < 12 || !area(b[:3]) || b[3] != '-' && b[3] != '.' && b[3] != ' ' || b[7] != b[3] || i > 0 && (t.b[i-1] == '-' || t.b[i-1] == '.') {
		return false
	}
	return t.exchange(i, i+4)
}

// exchange finds 555-0134 at i, of a number that begins at start.
func (t *scanner) exchange(start, i int) bool {
	b := t.b[i:]
	if len(b) < 8 || !area(b[:3]) || b[3] != '-' && b[3] != '.' && b[3] != ' ' {
		return false
	}
	for _, c := range b[4:8] {
		if !digit(c) {
			return false
		}
	}
	if len(b) > 8 && (wordByte(b[8]) || b[8] == '-' || b[8] == '.' && digit(t.at(i+9))) {
		return false
	}
	t.add(start, i+8, Phone)
	return true
}

// area says whether three digits can begin a North American number's part.
func area(b []byte) bool {
	return b[0] >= '2' && b[0] <= '9' && digit(b[1]) && digit(b[2])
}

// whole takes all of a field's value for what the field is named after where
// it has as many digits as that.
func (t *scanner) whole(least, most int, kind Kind) {
	if len(t.b) > maxPhone {
		return
	}
	value := bytes.Trim(t.b, " '\"")
	if n := count(value, digit); n >= least && n <= most && n*2 > len(value) {
		start := bytes.Index(t.b, value)
		t.add(start, start+len(value), kind)
	}
}

// ipv4 finds an address. Versions have four parts too: what stands before
// tells them apart.
func (t *scanner) ipv4(i int) bool {
	end, dots := i, 0
	for end < len(t.b) && (digit(t.b[end]) || t.b[end] == '.' && digit(t.at(end+1))) {
		if t.b[end] == '.' {
			dots++
		}
		end++
	}
	if dots != 3 || end-i > 15 || wordByte(t.at(end)) || t.at(end) == '-' {
		return false
	}
	if t.class == idKey {
		return false
	}
	if t.class != ipKey {
		if before := t.at(i - 1); before == '/' || before == '-' || before == '.' {
			return false
		}
		j := i
		for j > 0 && (t.b[j-1] == ' ' || t.b[j-1] == '=' || t.b[j-1] == ':') {
			j--
		}
		k := j
		for k > 0 && letter(t.b[k-1]) {
			k--
		}
		switch string(bytes.ToLower(t.b[k:j])) {
		case "version", "section", "v", "release", "build", "chapter", "ver", "driver", "firmware":
			return false
		}
	}
	return t.address(i, end)
}

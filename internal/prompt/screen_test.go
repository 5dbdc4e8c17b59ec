//go:build unix

package prompt

import (
	"fmt"
	"strconv"
	"strings"
	"testing"
)

// screen is as much of a terminal as prompts need: what people see, and where
// the cursor is.
type screen struct {
	rows, columns int
	cells         [][]rune
	x, y          int // the cursor; x is columns where a line is full
	savedX        int
	savedY        int
	hidden        bool
	rest          string // of a sequence that is not whole
}

func newScreen(rows, columns int) *screen {
	if rows == 0 {
		rows, columns = 24, 80
	}
	s := &screen{rows: rows, columns: columns}
	for range rows {
		s.cells = append(s.cells, make([]rune, columns))
	}
	return s
}

// write draws a text and returns what the terminal answers.
func (s *screen) write(text string) (answers string) {
	text = s.rest + text
	s.rest = ""
	for text != "" {
		if text[0] != escape {
			r, n := []rune(text)[0], len(string([]rune(text)[0]))
			s.put(r)
			text = text[n:]
			continue
		}
		n := sequence(text)
		if n == 0 {
			s.rest = text
			return answers
		}
		answers += s.control(text[1:n])
		text = text[n:]
	}
	return answers
}

func sequence(text string) int {
	if len(text) < 2 {
		return 0
	}
	if text[1] != '[' {
		return 2
	}
	for i := 2; i < len(text); i++ {
		if text[i] >= 0x40 {
			return i + 1
		}
	}
	return 0
}

func (s *screen) put(r rune) {
	switch {
	case r == '\r':
		s.x = 0
	case r == '\n':
		s.down()
	case r == '\b':
		s.x = max(min(s.x, s.columns-1)-1, 0)
	case r < ' ':
	default:
		if s.x >= s.columns {
			s.x = 0
			s.down()
		}
		s.cells[s.y][s.x] = r
		s.x++
	}
}

func (s *screen) down() {
	if s.y < s.rows-1 {
		s.y++
		return
	}
	s.cells = append(s.cells[1:], make([]rune, s.columns))
}

func (s *screen) control(seq string) string {
	switch seq {
	case "7":
		s.savedX, s.savedY = s.x, s.y
		return ""
	case "8":
		s.x, s.y = s.savedX, s.savedY
		return ""
	case "[6n":
		return fmt.Sprintf("\x1b[%d;%dR", s.y+1, min(s.x, s.columns-1)+1)
	case "[?25l", "[?25h":
		s.hidden = seq == "[?25l"
		return ""
	}
	parameter, final := seq[1:len(seq)-1], seq[len(seq)-1]
	n, err := strconv.Atoi(parameter)
	if err != nil {
		n = 1
	}
	switch final {
	case 'A':
		s.y = max(s.y-n, 0)
	case 'B':
		s.y = min(s.y+n, s.rows-1)
	case 'C':
		s.x = min(s.x+n, s.columns-1)
	case 'D':
		s.x = max(s.x-n, 0)
	case 'G':
		s.x = min(max(n-1, 0), s.columns-1)
	case 'K':
		from := min(s.x, s.columns)
		if parameter == "2" {
			from = 0
		}
		clear(s.cells[s.y][from:])
	case 'f':
		s.x, s.y = s.columns-1, s.rows-1 // only ever the far corner
	case 'm':
	default:
		panic("the screen of the tests does not know " + strconv.Quote(seq))
	}
	return ""
}

func (s *screen) line(y int) string {
	return strings.TrimRight(strings.ReplaceAll(string(s.cells[y]), "\x00", " "), " ")
}

func (s *screen) String() string {
	var lines []string
	for y := range s.rows {
		lines = append(lines, s.line(y))
	}
	return strings.TrimRight(strings.Join(lines, "\n"), "\n")
}

func TestScreenDrawsAsTerminalsDo(t *testing.T) {
	t.Parallel()
	s := newScreen(3, 5)
	answer := s.write("abcdefg\r\nx\x1b[1Ay\x1b[6n\x1b")
	answer += s.write("[2K")
	if got, want := s.String(), "abcde\n\nx"; got != want || answer != "\x1b[2;3R" {
		t.Errorf("drew %q, answered %q", got, answer)
	}
}

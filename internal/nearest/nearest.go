// Package nearest finds what somebody meant who misspelt a name.
package nearest

import (
	"slices"
	"strings"
)

// most is how many names To returns: more are no hint but a list.
const most = 3

// To returns up to three of the known names that are spelt much like a word,
// or of which it is a part, the nearest first and each once. Names that are
// equally near stay in their order.
func To(word string, known []string) []string {
	type candidate struct {
		name     string
		distance int
	}
	var candidates []candidate
	for i, name := range known {
		if slices.Contains(known[:i], name) {
			continue
		}
		if d := far(word, name); d <= max(2, len(name)/3) {
			candidates = append(candidates, candidate{name, d})
		}
	}
	slices.SortStableFunc(candidates, func(a, b candidate) int { return a.distance - b.distance })
	var near []string
	for _, c := range candidates[:min(most, len(candidates))] {
		near = append(near, c.name)
	}
	return near
}

// far is the distance of a word from a name. A part of the name is as near as
// one slip: who types "proxy" has not misspelt anything. Two letters are a
// part of too much.
func far(word, name string) int {
	if len(word) > 2 && word != name && strings.Contains(name, word) {
		return 1
	}
	return Distance(word, name)
}

// Distance is the number of letters to insert, remove, replace or swap with
// the next one that makes one text of the other (optimal string alignment).
// It counts bytes: names of variables, checks and causes are ASCII.
func Distance(a, b string) int {
	before, last, row := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range last {
		last[j] = j
	}
	for i := 1; i <= len(a); i++ {
		row[0] = i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			row[j] = min(last[j]+1, row[j-1]+1, last[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
		before, last, row = last, row, before
	}
	return last[len(b)]
}

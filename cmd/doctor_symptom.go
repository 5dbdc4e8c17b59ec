package cmd

import (
	"strings"

	"github.com/bookedbarber/bbctl/internal/doctor"
)

// symptomNames are the symptoms, on two lines of a help text.
func symptomNames() string {
	var names []string
	for _, s := range doctor.Symptoms() {
		names = append(names, string(s.ID))
	}
	half := (len(names) + 1) / 2 // a line of the help has 80 columns
	return strings.Join(names[:half], ", ") + ",\n" + strings.Join(names[half:], " or ")
}

// symptomWords are the symptoms as a shell completes them.
func symptomWords() []string {
	var words []string
	for _, s := range doctor.Symptoms() {
		words = append(words, string(s.ID)+"\t"+s.Title)
	}
	return words
}

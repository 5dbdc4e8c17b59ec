package config

import (
	"io"
	"os"
	"path/filepath"
	"strings"
)

// cliFile is what a .sentryclirc says about the variables of the web API.
type cliFile struct {
	shown  string
	values map[string]Found
}

// cliName is the name of sentry-cli's file.
const cliName = ".sentryclirc"

// cliMost is more than any such file holds.
const cliMost = 1 << 20

// openCLIFiles reads the project's file, found from the working directory
// upwards, and the one in the home directory, in this order. As for
// sentry-cli, one that cannot be read is one that is not there.
func (c *Config) openCLIFiles() []cliFile {
	var files []cliFile
	project := ""
	for at := c.dir; ; at = filepath.Dir(at) {
		path := filepath.Join(at, cliName)
		if info, err := os.Stat(path); err == nil && info.Mode().IsRegular() {
			project = path
			files = append(files, c.readCLIFile(path))
			break
		}
		if filepath.Dir(at) == at {
			break
		}
	}
	if c.home == "" {
		return files
	}
	own := filepath.Join(c.home, cliName)
	if info, err := os.Stat(own); own != project && err == nil && info.Mode().IsRegular() {
		files = append(files, c.readCLIFile(own))
	}
	return files
}

func (c *Config) readCLIFile(path string) cliFile {
	file, err := os.Open(path)
	if err != nil {
		return cliFile{}
	}
	defer func() { _ = file.Close() }() // only read
	b, err := io.ReadAll(io.LimitReader(file, cliMost))
	if err != nil {
		return cliFile{}
	}
	values := make(map[string]Found)
	for _, s := range parseINI(string(b)) {
		key := ""
		switch s.section + "." + s.key {
		case "auth.token":
			key = KeyAuthToken
		case "defaults.org":
			key = KeyOrg
		case "defaults.project":
			key = KeyProject
		case "defaults.url":
			key = KeyURL
		}
		if key == "" || s.value == "" {
			continue
		}
		// The last line wins, as sentry-cli has it.
		values[key] = Found{s.value, Origin{Kind: KindCLI, File: c.shownPath(path), Line: s.line}}
	}
	return cliFile{shown: c.shownPath(path), values: values}
}

// setting is one line of an ini file.
type setting struct {
	section, key, value string
	line                int
}

// parseINI reads the ini format as sentry-cli 3.8 was seen to: [section] lines,
// key=value or key:value, comments on lines of their own that begin with ; or
// #, quotes around a value. What it does not understand it passes over.
func parseINI(text string) []setting {
	var found []setting
	section, number := "", 0
	for line := range strings.Lines(strings.TrimPrefix(text, "\ufeff")) {
		number++
		line = strings.TrimSpace(line)
		if line == "" || line[0] == ';' || line[0] == '#' {
			continue
		}
		if line[0] == '[' {
			if name, _, ok := strings.Cut(line[1:], "]"); ok {
				section = strings.TrimSpace(name)
			}
			continue
		}
		at := strings.IndexAny(line, "=:")
		if at <= 0 {
			continue
		}
		found = append(found, setting{
			section: section,
			key:     strings.TrimSpace(line[:at]),
			value:   unquote(strings.TrimSpace(line[at+1:])),
			line:    number,
		})
	}
	return found
}

// source ranks where a value comes from, for apart: flags, environment and
// .env are one source, each .sentryclirc is one of its own.
func (c *Config) source(o Origin) int {
	for i, f := range c.cli {
		if o.Kind == KindCLI && f.shown == o.File {
			return 1 + i
		}
	}
	return 0
}

// apart says whether a token or the address of the web API is to be left out
// since the other one comes from a higher source. A token goes only to the
// address that it was set beside, or to the default: else a .sentryclirc in
// somebody's repository could have the token of the home directory sent to any
// host. sentry-cli 3.8 follows the same rule.
func (c *Config) apart(key string, found []Found) bool {
	var other []Found
	switch key {
	case KeyAuthToken:
		other = c.everything(KeyURL)
	case KeyURL:
		other = c.everything(KeyAuthToken)
	}
	return len(found) > 0 && len(other) > 0 && c.source(found[0].Origin) > c.source(other[0].Origin)
}

func unquote(s string) string {
	if len(s) >= 2 && (s[0] == '"' || s[0] == '\'') && s[len(s)-1] == s[0] {
		return s[1 : len(s)-1]
	}
	return s
}

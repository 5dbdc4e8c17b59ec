package project

import (
	"encoding/json"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// A port of its own that a server of Node listens on: process.env.PORT || 3000,
// or .listen(3000.
var (
	nodePort = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`process\.env\.PORT\s*(?:\|\||\?\?)\s*["']?(\d{2,5})\b|\.listen\(\s*(\d{2,5})\b`)
	})
	nodeComment = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`(?m)^\s*//.*$|/\*(?s:.*?)\*/|\s//[^\n"']*$`) })
	nodeRoute   = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`\b(?:app|server|fastify)\.get\(\s*["']([^"']+)["']`)
	})
)

// nodeWeb looks for the start script of a package.json.
func (d *detector) nodeWeb() []web {
	var manifest struct {
		Scripts map[string]string `json:"scripts"`
	}
	const file = "package.json"
	if json.Unmarshal([]byte(d.tree.read(file)), &manifest) != nil {
		return nil // none, or one that npm does not read either
	}
	start := strings.TrimSpace(manifest.Scripts["start"])
	args, err := Words(start)
	if err != nil || len(args) == 0 {
		return nil
	}
	if slices.Contains(frontends(), args[0]) {
		d.leave("%s: %s builds pages for browsers, whose errors are not sent from here", file, args[0])
		return nil
	}
	w := web{what: "start in " + file, file: file, args: args}
	if args[0] != "node" || manifest.Scripts["prestart"] != "" || manifest.Scripts["poststart"] != "" {
		w.args = []string{"npm", "start"} // it has node_modules/.bin in the PATH
	}
	if w.port = portOf(args); w.port == 0 {
		w.port, w.path = d.nodeServer(args)
	}
	return []web{w}
}

// frontends are programs that serve pages in development, or files.
func frontends() []string {
	return []string{
		"react-scripts", "vite", "next", "nuxt", "ng", "webpack", "webpack-dev-server", "parcel", "gatsby", "vue-cli-service",
		"serve", "http-server", "expo", "astro", "rollup", "craco", "remix", "svelte-kit", "storybook", "electron",
	}
}

// nodeServer looks into the file that node is given.
func (d *detector) nodeServer(args []string) (port int, page string) {
	for _, word := range args[1:] {
		if at := path.Clean(word); strings.HasSuffix(at, "js") && d.tree.files[at] {
			code := nodeComment().ReplaceAllString(d.tree.read(at), "")
			ports := map[string]bool{}
			for _, m := range nodePort().FindAllStringSubmatch(code, -1) {
				ports[m[1]+m[2]] = true
				port, _ = strconv.Atoi(m[1] + m[2])
			}
			if len(ports) != 1 {
				continue
			}
			var pages []string
			for _, m := range nodeRoute().FindAllStringSubmatch(code, -1) {
				pages = append(pages, m[1])
			}
			return port, firstOf(pages)
		}
	}
	return 0, ""
}

// firstOf is the page among others that is for being asked how the application
// is; empty: none is.
func firstOf(pages []string) string {
	for _, known := range healthPaths() {
		if slices.Contains(pages, known) {
			return known
		}
	}
	return ""
}

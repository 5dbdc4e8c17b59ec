package doctor

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// veiledByUser is said of a process that only its owner may look at.
const veiledByUser = "its environment cannot be read: it is another user's"

const (
	mostArgs    = 32 << 10 // read of a command line; what is recognised stands in front
	mostEnviron = 1 << 20
	tick        = 10 * time.Millisecond // USER_HZ is 100 on every Linux
)

// table reads the system's list of processes (proc(5)).
type table struct {
	root   string
	pids   []int
	buffer []byte
	booted time.Time // zero: not known
}

// openTable lists the processes.
func openTable(root string) (*table, error) {
	dir, err := os.Open(root)
	if err != nil {
		return nil, errNoProcesses
	}
	defer func() { _ = dir.Close() }()
	names, err := dir.Readdirnames(-1)
	if err != nil {
		return nil, fmt.Errorf("listing the processes under %s: %w", root, err)
	}
	t := &table{root: root, buffer: make([]byte, mostArgs)}
	for _, name := range names {
		if pid, err := strconv.Atoi(name); err == nil && pid > 0 {
			t.pids = append(t.pids, pid)
		}
	}
	slices.Sort(t.pids)
	if len(t.pids) == 0 {
		return nil, fmt.Errorf("%s lists no processes", root)
	}
	return t, nil
}

func (t *table) path(pid int, name string) string {
	return t.root + "/" + strconv.Itoa(pid) + "/" + name
}

// kin are bbctl itself and the processes that have started it: shells, make, a
// test runner.
func (t *table) kin() map[int]bool {
	kin := map[int]bool{}
	for pid := os.Getpid(); pid > 0 && !kin[pid]; {
		kin[pid] = true
		parent, _, ok := t.stat(pid)
		if !ok || parent == 1 { // the first process may well be the application
			break
		}
		pid = parent
	}
	return kin
}

// args is a command line; nil where a process has ended, or has none.
func (t *table) args(pid int) []string {
	// os.Open would ask the poller about each of thousands of files.
	file, err := syscall.Open(t.path(pid, "cmdline"), syscall.O_RDONLY|syscall.O_CLOEXEC, 0)
	if err != nil {
		return nil
	}
	defer syscall.Close(file) //nolint:errcheck // nothing was written
	n, err := syscall.Read(file, t.buffer)
	if err != nil {
		return nil
	}
	line := bytes.TrimRight(t.buffer[:n], "\x00 ")
	if len(line) == 0 {
		return nil
	}
	return strings.Split(string(line), "\x00")
}

// place reads where a process runs. What is in a container of its own has
// paths that mean nothing here.
func (t *table) place(p *process) {
	dir, err := os.Readlink(t.path(p.pid, "cwd"))
	if errors.Is(err, fs.ErrPermission) {
		p.veiled = veiledByUser
	}
	if err != nil {
		return
	}
	if own, err := os.Stat("/"); err == nil {
		if theirs, err := os.Stat(t.path(p.pid, "root")); err == nil && !os.SameFile(own, theirs) {
			p.contained = true
			return
		}
	}
	p.dir = strings.TrimSuffix(dir, " (deleted)")
}

// environment reads what a process was started with. A process that has ended
// meanwhile has none.
func (t *table) environment(p *process) {
	content, err := readSome(t.path(p.pid, "environ"), mostEnviron)
	switch {
	case errors.Is(err, fs.ErrPermission):
		p.veiled = veiledByUser
		return
	case err != nil:
		p.veiled = "it has ended"
		return
	}
	environ := parseEnviron(string(content))
	if len(environ) == 0 && len(content) > 0 {
		p.veiled = "its environment cannot be seen: it has written its title over it (setproctitle)"
		return
	}
	p.environ = environ
}

// readSome reads the beginning of a file.
func readSome(path string, most int64) ([]byte, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { _ = file.Close() }()
	return io.ReadAll(io.LimitReader(file, most))
}

// parseEnviron reads "KEY=value" entries. getenv finds the first of a name.
func parseEnviron(content string) map[string]string {
	environ := map[string]string{}
	for entry := range strings.SplitSeq(content, "\x00") {
		key, value, ok := strings.Cut(entry, "=")
		if _, twice := environ[key]; ok && !twice && key != "" && !strings.ContainsRune(key, ' ') {
			environ[key] = value
		}
	}
	return environ
}

// details reads who has started a process, when, and what keeps it running.
func (t *table) details(p *process) {
	parent, started, ok := t.stat(p.pid)
	if ok {
		p.parent = parent
		if boot := t.boot(); !boot.IsZero() {
			p.started = boot.Add(started)
		}
	}
	groups, err := os.ReadFile(t.path(p.pid, "cgroup"))
	if err != nil {
		groups = nil // a kernel without them
	}
	p.unit = unitOf(string(groups))
	// In a container it is its first process that the container's settings are
	// for: what somebody has started in there has those of a shell.
	if p.pid == 1 || p.parent == 1 && t.forwards(1) {
		p.contained = p.contained || containedBy(string(groups)) || p.environ["KUBERNETES_SERVICE_HOST"] != "" || t.containerised()
	}
}

// stat reads the parent of a process, and when it was started after the boot.
func (t *table) stat(pid int) (parent int, started time.Duration, ok bool) {
	content, err := os.ReadFile(t.path(pid, "stat"))
	if err != nil {
		return 0, 0, false
	}
	// The name in brackets may hold blanks and brackets itself.
	fields := strings.Fields(string(content[bytes.LastIndexByte(content, ')')+1:]))
	const atParent, atStart = 1, 19
	if len(fields) <= atStart {
		return 0, 0, false
	}
	parent, err = strconv.Atoi(fields[atParent])
	ticks, errStart := strconv.ParseInt(fields[atStart], 10, 64)
	return parent, time.Duration(ticks) * tick, err == nil && errStart == nil
}

// boot is when the system was started. The uptime tells it to a hundredth of a
// second, btime to a second.
func (t *table) boot() time.Time {
	if !t.booted.IsZero() {
		return t.booted
	}
	content, err := os.ReadFile(filepath.Join(t.root, "uptime"))
	if err == nil {
		first, _, _ := strings.Cut(string(content), " ")
		if up, err := time.ParseDuration(first + "s"); err == nil {
			t.booted = time.Now().Add(-up)
			return t.booted
		}
	}
	content, err = os.ReadFile(filepath.Join(t.root, "stat"))
	if err != nil {
		return time.Time{}
	}
	_, rest, _ := strings.Cut(string(content), "\nbtime ")
	line, _, _ := strings.Cut(rest, "\n")
	if seconds, err := strconv.ParseInt(line, 10, 64); err == nil {
		t.booted = time.Unix(seconds, 0)
	}
	return t.booted
}

// forwards says whether a process is one of the small first processes of a
// container, which start what the container is for.
func (t *table) forwards(pid int) bool {
	args := t.args(pid)
	if len(args) == 0 {
		return false
	}
	switch baseName(args[0]) {
	case "tini", "docker-init", "dumb-init", "catatonit", "pause":
		return true
	}
	return false
}

// containerised says whether this is a container itself.
func (t *table) containerised() bool {
	for _, mark := range []string{"/.dockerenv", "/run/.containerenv"} {
		if t.root == "/proc" && exists(mark) {
			return true
		}
	}
	return false
}

// unitOf is the service of systemd that a process belongs to; empty where it
// belongs to none of its own.
func unitOf(groups string) string {
	for line := range strings.Lines(groups) {
		path := strings.TrimSpace(line[strings.LastIndexByte(line, ':')+1:])
		unit := filepath.Base(path)
		if strings.HasPrefix(path, "/system.slice/") && strings.HasSuffix(unit, ".service") && !hostOfOthers(unit) {
			return unit
		}
	}
	return ""
}

// hostOfOthers says whether a service runs what people start in it.
func hostOfOthers(unit string) bool {
	switch strings.TrimSuffix(unit, ".service") {
	case "ssh", "sshd", "cron", "crond", "docker", "containerd", "supervisor", "supervisord":
		return true
	}
	return strings.HasPrefix(unit, "user@") || strings.HasPrefix(unit, "session")
}

func containedBy(groups string) bool {
	for _, name := range []string{"/docker", "/kubepods", "/libpod", "/lxc"} {
		if strings.Contains(groups, name) {
			return true
		}
	}
	return false
}

package observe

import (
	"bytes"
	"os"
	"strconv"
	"syscall"
)

// endsWithUs has the system ask the command to end where bbctl is killed.
func endsWithUs(attr *syscall.SysProcAttr) { attr.Pdeathsig = syscall.SIGTERM }

// birth is when a process was started, in the kernel's ticks; 0: not known.
type birth uint64

// birthOf reads it while the process, or what is left of it, is still there.
func birthOf(pid int) birth {
	s, ok := statOf(strconv.Itoa(pid))
	if !ok {
		return 0
	}
	return s.born
}

// stat is what /proc tells of a process.
type stat struct {
	dead  bool // it has ended, and only nobody has asked how
	group int
	born  birth
}

// statOf reads /proc/PID/stat: the name of the program may hold anything, so
// that the fields are counted after its last parenthesis.
func statOf(pid string) (stat, bool) {
	content, err := os.ReadFile("/proc/" + pid + "/stat")
	if err != nil {
		return stat{}, false
	}
	fields := bytes.Fields(content[bytes.LastIndexByte(content, ')')+1:])
	if len(fields) < 20 {
		return stat{}, false
	}
	group, err := strconv.Atoi(string(fields[2]))
	if err != nil {
		return stat{}, false
	}
	born, err := strconv.ParseUint(string(fields[19]), 10, 64)
	if err != nil {
		return stat{}, false
	}
	return stat{fields[0][0] == 'Z' || fields[0][0] == 'X', group, birth(born)}, true
}

// groupLeft says whether a process of the command's group lives. A zombie does
// not: in a container without an init nobody ever takes it away.
func (p *process) groupLeft() bool {
	alive := false
	eachProcess(func(_ string, s stat) bool {
		alive = !s.dead && s.group == p.cmd.Process.Pid
		return !alive
	})
	return alive
}

// left are the processes that the command has started and that are in a group
// of their own: daemons. They are known by the DSN in the environment they
// began with, which is that of this run alone.
func (p *process) left() []int {
	var pids []int
	eachProcess(func(pid string, s stat) bool {
		if s.dead || s.born < p.born || s.group == p.cmd.Process.Pid {
			return true
		}
		environment, err := os.ReadFile("/proc/" + pid + "/environ")
		if err != nil || !bytes.Contains(append([]byte{0}, environment...), []byte("\x00SENTRY_DSN="+p.dsn+"\x00")) {
			return true
		}
		if number, err := strconv.Atoi(pid); err == nil {
			pids = append(pids, number)
		}
		return true
	})
	return pids
}

// eachProcess calls visit for all processes, until it returns false.
func eachProcess(visit func(pid string, s stat) bool) {
	folder, err := os.Open("/proc")
	if err != nil {
		return
	}
	defer func() { _ = folder.Close() }() // read only
	names, err := folder.Readdirnames(-1)
	if err != nil {
		return
	}
	for _, name := range names {
		if name[0] < '0' || name[0] > '9' {
			continue
		}
		if s, ok := statOf(name); ok && !visit(name, s) {
			return
		}
	}
}

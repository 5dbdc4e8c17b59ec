package observe

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"syscall"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// traced lets a command be followed by the thread that starts it.
func traced(cmd *exec.Cmd) bool {
	cmd.SysProcAttr.Ptrace = true
	return true
}

// follow takes the command from system call to system call, and holds back
// the one with which a Go program ends. sentry-go sends in a goroutine, says
// nothing of it, and reads no variable that would make it: that it had events
// and lost them can be seen only by giving it the time.
//
// All else is let go as soon as it is seen not to be, or to become, such a
// program. It returns when nothing is left to be followed.
func (p *process) follow() {
	f := follower{p: p, known: map[int]bool{}, held: map[int]time.Time{}}
	for {
		f.release()
		tid, status, err := f.next()
		switch {
		case errors.Is(err, unix.EINTR), err == nil && tid == 0:
		case err != nil:
			return // nobody is left
		case status.Exited(), status.Signaled():
			f.gone(tid, status)
		case status.Stopped():
			f.stopped(tid, status)
		}
	}
}

type follower struct {
	p     *process
	known map[int]bool      // threads that have stopped once
	held  map[int]time.Time // threads that may end the program only then
}

// next waits for news of a thread: no longer than until one is to be released.
func (f *follower) next() (tid int, status unix.WaitStatus, err error) {
	// What other threads of ours have started is not ours to ask for.
	flags := unix.WALL | unix.WNOTHREAD
	if len(f.held) > 0 {
		flags |= unix.WNOHANG
	}
	tid, err = unix.Wait4(-1, &status, flags, nil)
	if err == nil && tid == 0 {
		time.Sleep(pollTime)
	}
	return tid, status, err
}

func (f *follower) release() {
	for tid, until := range f.held {
		if time.Now().After(until) || f.p.settled() {
			delete(f.held, tid)
			f.resume(tid, 0)
		}
	}
}

func (f *follower) gone(tid int, status unix.WaitStatus) {
	delete(f.held, tid)
	if tid == f.p.cmd.Process.Pid {
		ended := syscall.WaitStatus(status)
		f.p.code, f.p.signal = ended.ExitStatus(), signalIn(ended)
		close(f.p.ended)
	}
}

func (f *follower) stopped(tid int, status unix.WaitStatus) {
	signal := status.StopSignal()
	first := !f.known[tid]
	f.known[tid] = true
	switch {
	case first && tid == f.p.cmd.Process.Pid: // it has become the program that it is
		options := unix.PTRACE_O_EXITKILL | unix.PTRACE_O_TRACESYSGOOD | unix.PTRACE_O_TRACEEXEC |
			unix.PTRACE_O_TRACECLONE | unix.PTRACE_O_TRACEFORK | unix.PTRACE_O_TRACEVFORK
		if !f.worthFollowing(tid) || unix.PtraceSetOptions(tid, options) != nil {
			f.letGo(tid)
			return
		}
		f.resume(tid, 0)
	case first: // a new thread or process, which begins stopped
		f.resume(tid, 0)
	case signal == unix.SIGTRAP|0x80:
		if endsProgram(tid) && linkedSDK(programFile(tid)) != "" {
			f.p.held.Store(true)
			f.held[tid] = time.Now().Add(f.p.patience.hold)
			return
		}
		f.resume(tid, 0)
	case status.TrapCause() == unix.PTRACE_EVENT_EXEC && !f.worthFollowing(tid):
		f.letGo(tid)
	case signal == unix.SIGTRAP:
		f.resume(tid, 0)
	default:
		f.resume(tid, signal)
	}
}

// resume lets a thread run to its next system call. One that is gone meanwhile
// is heard of otherwise.
func (f *follower) resume(tid int, signal syscall.Signal) {
	_ = unix.PtraceSyscall(tid, int(signal))
}

func (f *follower) letGo(tid int) {
	delete(f.known, tid)
	_ = unix.PtraceDetach(tid) // as in resume
}

func (f *follower) worthFollowing(tid int) bool {
	file, err := os.Readlink(programFile(tid))
	return err == nil && carries(filepath.Base(file)) || linkedSDK(programFile(tid)) != ""
}

func programFile(tid int) string { return "/proc/" + strconv.Itoa(tid) + "/exe" }

// endsProgram says whether a thread, which is stopped at a system call, is
// about to end the whole process.
func endsProgram(tid int) bool {
	// struct ptrace_syscall_info of linux/ptrace.h, to the call's number.
	var call struct {
		op      uint8
		_       [3]uint8
		_       uint32
		_, _    uint64
		number  uint64
		_       [6]uint64
		_, _, _ uint64
	}
	const entry = 1 // PTRACE_SYSCALL_INFO_ENTRY
	_, _, errno := unix.Syscall6(unix.SYS_PTRACE, unix.PTRACE_GET_SYSCALL_INFO, uintptr(tid),
		unsafe.Sizeof(call), uintptr(unsafe.Pointer(&call)), 0, 0)
	return errno == 0 && call.op == entry && call.number == unix.SYS_EXIT_GROUP
}

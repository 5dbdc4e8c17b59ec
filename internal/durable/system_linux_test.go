package durable

import (
	"encoding/binary"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// acl is a POSIX access list as the kernel takes it, that lets one more user
// read.
func acl(user uint32) []byte {
	b := binary.LittleEndian.AppendUint32(nil, 2) // version
	for _, e := range []struct {
		tag, perm uint16
		id        uint32
	}{{1, 6, ^uint32(0)}, {2, 4, user}, {4, 4, ^uint32(0)}, {16, 4, ^uint32(0)}, {32, 0, ^uint32(0)}} {
		b = binary.LittleEndian.AppendUint16(b, e.tag)
		b = binary.LittleEndian.AppendUint16(b, e.perm)
		b = binary.LittleEndian.AppendUint32(b, e.id)
	}
	return b
}

func setAttribute(t *testing.T, path, name string, value []byte) {
	t.Helper()
	err := unix.Setxattr(path, name, value, 0)
	if errors.Is(err, unix.ENOTSUP) {
		t.Skipf("the file system of %s has no attribute %s", os.TempDir(), name)
	}
	if err != nil {
		t.Fatal(err)
	}
}

func attributeOf(t *testing.T, path, name string) string {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	value, err := attribute(int(f.Fd()), name)
	if err != nil && !errors.Is(err, unix.ENODATA) {
		t.Fatal(err)
	}
	return string(value)
}

func TestExtendedAttributesAreKept(t *testing.T) {
	t.Parallel()
	drafts(t, func(t *testing.T, draft drafter) {
		path := file(t, "A=1")
		long := strings.Repeat("v", 1000)
		setAttribute(t, path, "user.note", []byte(long))
		setAttribute(t, path, "user.empty", nil)
		if _, err := update(t.Context(), path, Options{Limit: limit}, to("B=2"), draft); err != nil {
			t.Fatal(err)
		}
		if got := attributeOf(t, path, "user.note"); got != long {
			t.Errorf("got %.20q", got)
		}
		f, err := os.Open(path)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		if names, err := attributes(int(f.Fd())); err != nil || !strings.Contains(strings.Join(names, " "), "user.empty") {
			t.Errorf("got %v, %v", names, err)
		}
	})
}

func TestAccessListsAreKeptAndNotInherited(t *testing.T) {
	t.Parallel()
	drafts(t, func(t *testing.T, draft drafter) {
		path := file(t, "A=1")
		plain := filepath.Join(filepath.Dir(path), "plain")
		write(t, plain, "A=1")
		setAttribute(t, path, accessList, acl(12345))
		setAttribute(t, filepath.Dir(path), "system.posix_acl_default", acl(54321))
		for _, p := range []string{path, plain} {
			if _, err := update(t.Context(), p, Options{Limit: limit}, to("B=2"), draft); err != nil {
				t.Fatal(err)
			}
		}
		if got := attributeOf(t, path, accessList); got != string(acl(12345)) {
			t.Errorf("the list is %x", got)
		}
		if got := attributeOf(t, plain, accessList); got != "" {
			t.Errorf("a list was inherited: %x", got)
		}
		if mode := stat(t, plain).Mode().Perm(); mode != 0o600 {
			t.Errorf("mode %v", mode)
		}
	})
}

func TestAFileOfAnotherUserIsOverwrittenInPlace(t *testing.T) {
	if os.Geteuid() != 0 && os.Getenv(insideVar) == "" {
		t.Skip("only root makes a file of another user")
	}
	if os.Geteuid() == 0 {
		folder, err := os.MkdirTemp("", "durable")
		if err != nil {
			t.Fatal(err)
		}
		defer os.RemoveAll(folder)
		path := filepath.Join(folder, ".env")
		write(t, path, "A=1")
		for _, err := range []error{os.Chown(folder, plainUser, plainUser), os.Chmod(path, 0o666)} {
			if err != nil {
				t.Fatal(err)
			}
		}
		t.Setenv("BBCTL_DURABLE_FILE", path)
	}
	if asPlainUser(t) {
		inPlace(t, os.Getenv("BBCTL_DURABLE_FILE"), "another user")
	}
}

// mounting says whether this is the process in which the test may mount: one
// of a user namespace of its own, in which it is root.
func mounting(t *testing.T) bool {
	t.Helper()
	attr := &syscall.SysProcAttr{
		Cloneflags:  syscall.CLONE_NEWUSER | syscall.CLONE_NEWNS,
		UidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getuid(), Size: 1}},
		GidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getgid(), Size: 1}},
	}
	if os.Getenv(insideVar) != t.Name() {
		probe := exec.Command("mount", "-t", "tmpfs", "none", t.TempDir())
		probe.SysProcAttr = attr
		if out, err := probe.CombinedOutput(); err != nil {
			t.Skipf("nothing can be mounted here (%v: %s); hard links, closed folders and a bound on sizes stand in", err, out)
		}
	}
	return inside(t, attr)
}

func TestAFileThatIsMountedIsOverwrittenInPlace(t *testing.T) {
	if !mounting(t) {
		return
	}
	path, source := file(t, ""), file(t, "A=1")
	if err := unix.Mount(source, path, "", unix.MS_BIND, ""); err != nil {
		t.Fatal(err)
	}
	defer unix.Unmount(path, 0)
	inPlace(t, path, "mount point")
	holds(t, source, "A=1")

	// Found out in the act, as with kernels that do not tell beforehand.
	late := file(t, "A=1")
	var why string
	out, err := Update(t.Context(), late, agree(&why), func(*File) ([]byte, error) {
		return []byte("B=2"), unix.Mount(late, late, "", unix.MS_BIND, "")
	})
	defer unix.Unmount(late, 0)
	if err != nil || out.InPlace != "it is a mount point" || why != out.InPlace {
		t.Errorf("got %+v, %v, asked with %q", out, err, why)
	}
	holds(t, late, "B=2")
}

func TestAFullFileSystemLosesNothing(t *testing.T) {
	if !mounting(t) {
		return
	}
	folder := t.TempDir()
	if err := unix.Mount("none", folder, "tmpfs", 0, "size=64k"); err != nil {
		t.Fatal(err)
	}
	defer unix.Unmount(folder, unix.MNT_DETACH)
	old, made := strings.Repeat("o", 20_000), strings.Repeat("n", 80_000)
	path, linked := filepath.Join(folder, "a"), filepath.Join(folder, "b")
	write(t, path, old)
	write(t, linked, old)
	if err := os.Link(linked, filepath.Join(folder, "c")); err != nil {
		t.Fatal(err)
	}
	var why string
	_, err := update(t.Context(), path, agree(&why), to(made), namedDraft)
	failed(t, path, err, syscall.ENOSPC)
	_, err = Update(t.Context(), path, agree(&why), to(made))
	failed(t, path, err, syscall.ENOSPC)
	_, err = Update(t.Context(), linked, agree(&why), to(made))
	failed(t, linked, err, syscall.ENOSPC)
	holds(t, path, old, "b", "c")
	holds(t, linked, old, "a", "c")

	if err := unix.Mount("none", folder, "", unix.MS_REMOUNT|unix.MS_RDONLY, ""); err != nil {
		t.Fatal(err)
	}
	f, err := Read(path, limit)
	if err != nil || !errors.Is(f.Unwritable, syscall.EROFS) {
		t.Errorf("on a read-only file system: got %+v, %v", f, err)
	}
	_, err = Update(t.Context(), path, agree(&why), to("B"))
	failed(t, path, err, syscall.EROFS)
}

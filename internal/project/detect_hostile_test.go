//go:build !windows

package project_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/bookedbarber/bbctl/internal/project"
)

// TestHostileFoldersDoNoHarm: links that lead round, pipes, huge files.
func TestHostileFoldersDoNoHarm(t *testing.T) {
	t.Parallel()
	dir := plant(t, map[string]string{
		"main.py": fastapi,
		"huge.py": celery + strings.Repeat("#", 256<<10),
		"odd.py":  "'''\nfrom celery import Celery\napp = Celery(\\",
		"bin.py":  "\xff\xfe\x00app = '\n\"\"\"",
	})
	other := plant(t, map[string]string{"main.py": fastapi})
	for name, target := range map[string]string{"loop": ".", "up": "..", "gone": "nowhere", "app.py": filepath.Join(other, "main.py"), "other": other} {
		if err := os.Symlink(target, filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{"pipe.py", "Procfile", "package.json"} {
		if err := syscall.Mkfifo(filepath.Join(dir, name), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Mkdir(filepath.Join(dir, "go.mod"), 0o700); err != nil {
		t.Fatal(err)
	}
	found, err := project.Detect(dir)
	if err != nil || len(found.From) != 1 || found.From[0] != "main.py" || len(found.Left) > 0 {
		t.Errorf("found %+v, %v; expected main.py alone", found, err)
	}
}

// TestWhatIsNearIsFoundInAHugeFolder: the bound falls on what lies deep.
func TestWhatIsNearIsFoundInAHugeFolder(t *testing.T) {
	t.Parallel()
	files := map[string]string{"zz/main.py": fastapi}
	for i := range 700 {
		files[fmt.Sprintf("a/%03d/main.py", i)] = fastapi
	}
	found, err := project.Detect(plant(t, files))
	if err != nil || len(found.From) != 1 || found.From[0] != "zz/main.py" {
		t.Errorf("found by %v, %v", found.From, err)
	}
}

func TestAFolderThatIsNotThereIsAnError(t *testing.T) {
	t.Parallel()
	if _, err := project.Detect(filepath.Join(t.TempDir(), "none")); err == nil || !strings.Contains(err.Error(), "recognising the application") {
		t.Errorf("error is %v", err)
	}
}

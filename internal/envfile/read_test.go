package envfile

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
)

func TestReadFileReadsRegularFilesOfAtMostTheLimit(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path := filepath.Join(dir, ".env")
	for _, size := range []int64{0, 10, MaxSize} {
		if err := os.WriteFile(path, []byte("A=b\r\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Truncate(path, size); err != nil {
			t.Fatal(err)
		}
		f, err := ReadFile(path)
		if err != nil || int64(len(f.Bytes)) != size || size > 5 && string(f.Bytes[:5]) != "A=b\r\n" {
			t.Errorf("%d bytes: %v", size, err)
		}
	}
	if err := os.Truncate(path, MaxSize+1); err != nil {
		t.Fatal(err)
	}
	refused := map[string]error{path: ErrTooLarge, dir: ErrNotRegular, filepath.Join(dir, "absent"): fs.ErrNotExist}
	for path, want := range refused {
		f, err := ReadFile(path)
		var named *fs.PathError
		if f != nil || !errors.Is(err, want) || !errors.As(err, &named) || named.Path != path {
			t.Errorf("%s: got %v, want %v", path, err, want)
		}
	}
}

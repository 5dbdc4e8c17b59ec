package setup

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"github.com/bookedbarber/bbctl/internal/durable"
	"github.com/bookedbarber/bbctl/internal/git"
)

// backup holds the files of one run as they were before it. It is one file,
// readable by its user alone, in a folder that no checkout takes along. A
// later run takes its place.
type backup struct {
	Version int           `json:"version"`
	EnvFile string        `json:"env_file"` // absolute
	Files   []backedUp    `json:"files"`    // in the order in which they were written
	path    string        // where it lies
	former  *durable.File // the backup of the run before
}

// backedUp is one file.
type backedUp struct {
	Path    string `json:"path"` // absolute
	Existed bool   `json:"existed"`
	Before  []byte `json:"before"`
	After   string `json:"after"` // SHA-256 of what was written, in hexadecimal digits
}

const (
	backupVersion = 1
	backupMost    = 128 << 20 // bytes of a backup: three files, in base64
)

// errNoBackup says that there is nothing to undo.
var errNoBackup = errors.New("there is nothing to undo: no run of bbctl setup has changed it, or that was undone already")

// openBackup finds a place for the backup of a .env file, the first that can
// be written to.
func openBackup(ctx context.Context, dirs []string, envFile string) (*backup, error) {
	var tried error
	for _, dir := range backupDirs(ctx, dirs, envFile) {
		if err := makeBackupDir(dir); err != nil {
			tried = errors.Join(tried, err)
			continue
		}
		b := &backup{Version: backupVersion, EnvFile: envFile, path: filepath.Join(dir, backupName(envFile))}
		former, err := durable.Read(b.path, backupMost)
		if err != nil || former.Unwritable != nil {
			tried = errors.Join(tried, err, former.Unwritable)
			continue
		}
		b.former = former
		return b, nil
	}
	if tried == nil {
		tried = errors.New("neither XDG_STATE_HOME nor HOME is set, and there is no checkout")
	}
	return nil, fmt.Errorf("finding a place for the backup: %w", tried)
}

// backupDirs are the folders to try. The state of a checkout is the last: it
// outlives no clone, but nothing in it is ever committed.
func backupDirs(ctx context.Context, dirs []string, envFile string) []string {
	all := slices.Clone(dirs)
	if dir, err := git.Dir(ctx, filepath.Dir(envFile)); err == nil {
		all = append(all, filepath.Join(dir, "bbctl"))
	}
	return all
}

// makeBackupDir makes a folder that only its user can look into, and that git
// ignores, should the home directory be a checkout.
func makeBackupDir(dir string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	ignore := filepath.Join(dir, ".gitignore")
	if _, err := os.Stat(ignore); errors.Is(err, fs.ErrNotExist) {
		return os.WriteFile(ignore, []byte("*\n"), 0o600)
	}
	return nil
}

// backupName is made of the file's path, so that every file has its own.
func backupName(envFile string) string {
	sum := sha256.Sum256([]byte(envFile))
	return hex.EncodeToString(sum[:8]) + ".json"
}

func digest(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}

// add keeps a file that is about to be written, and saves.
func (b *backup) add(ctx context.Context, file *durable.File, after []byte) error {
	b.Files = append(b.Files, backedUp{Path: file.Path, Existed: file.Exists, Before: file.Bytes, After: digest(after)})
	return b.save(ctx)
}

func (b *backup) save(ctx context.Context) error {
	text, err := json.Marshal(b)
	if err != nil {
		return err
	}
	return b.put(ctx, text)
}

func (b *backup) put(ctx context.Context, text []byte) error {
	if b.path == "" { // kept in memory alone, to put back what this run has written
		return nil
	}
	_, err := durable.Update(ctx, b.path, durable.Options{Limit: backupMost, Mode: modeSecret},
		func(*durable.File) ([]byte, error) { return text, nil })
	if err != nil {
		return fmt.Errorf("writing the backup %s: %w", b.path, plainly(err))
	}
	return nil
}

// drop takes the backup away, and puts that of the run before in its place.
func (b *backup) drop(ctx context.Context) error {
	if b.path == "" {
		return nil
	}
	if b.former != nil && b.former.Exists {
		return b.put(ctx, b.former.Bytes)
	}
	now, err := durable.Read(b.path, backupMost)
	if err != nil || !now.Exists {
		return err
	}
	return durable.Remove(ctx, b.path, now.Bytes)
}

// loadBackup finds the backup of a .env file.
func loadBackup(ctx context.Context, dirs []string, envFile string) (*backup, error) {
	for _, dir := range backupDirs(ctx, dirs, envFile) {
		path := filepath.Join(dir, backupName(envFile))
		file, err := durable.Read(path, backupMost)
		if err != nil || !file.Exists {
			continue // the next place may have it
		}
		b := &backup{path: path}
		if err := json.Unmarshal(file.Bytes, b); err != nil || b.Version != backupVersion || b.EnvFile != envFile {
			return nil, fmt.Errorf("reading the backup %s: it is not one of bbctl setup", path)
		}
		return b, nil
	}
	return nil, errNoBackup
}

package setup

import (
	"bytes"
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
	Version int        `json:"version"`
	EnvFile []byte     `json:"env_file"` // absolute, links followed; names of files need not be UTF-8
	Files   []backedUp `json:"files"`    // in the order in which they were written

	path   string // where it lies; empty: in memory alone
	former []byte // the backup of the run before; nil: there was none
	unlock func()
}

// backedUp is one file.
type backedUp struct {
	Path    []byte `json:"path"` // absolute
	Existed bool   `json:"existed"`
	Before  []byte `json:"before"`
	After   string `json:"after"` // SHA-256 of what is written, in hexadecimal digits
	// Torn is true while the file is overwritten in place: where bbctl is killed
	// then it may hold anything, and is put back whatever it holds.
	Torn bool `json:"torn"`
}

const (
	backupVersion = 1
	backupMost    = 128 << 20 // bytes of a backup: three files, in base64
	backupFile    = "backup.json"
)

// errNoBackup says that there is nothing to undo.
var errNoBackup = errors.New("there is nothing to undo: no run of bbctl setup has changed it, or that was undone already")

// errTorn says that a run was killed while it overwrote a file in place.
var errTorn = errors.New("the run before was cut off while it overwrote a file in place")

// openBackup finds a place for the backup of a .env file, the first that can
// be written to, and locks it: what a run writes is of one piece.
func openBackup(ctx context.Context, dirs []string, envFile string) (*backup, error) {
	var tried error
	for _, dir := range backupDirs(ctx, dirs, envFile) {
		b, err := openBackupIn(ctx, dir, envFile)
		if err == nil || errors.Is(err, durable.ErrLocked) || errors.Is(err, errTorn) || ctx.Err() != nil {
			return b, err
		}
		tried = errors.Join(tried, err)
	}
	if tried == nil {
		tried = errors.New("neither XDG_STATE_HOME nor HOME is set, and there is no checkout")
	}
	return nil, &NoBackupError{Err: fmt.Errorf("finding a place for the backup: %w", tried)}
}

func openBackupIn(ctx context.Context, dir, envFile string) (*backup, error) {
	unlock, err := lockBackup(ctx, dir)
	if err != nil {
		return nil, err
	}
	b := &backup{Version: backupVersion, EnvFile: []byte(envFile), path: filepath.Join(dir, backupFile), unlock: unlock}
	file, err := durable.Read(b.path, backupMost)
	if err == nil {
		err = file.Unwritable
	}
	if err != nil {
		unlock()
		return nil, err
	}
	if file.Exists {
		b.former = file.Bytes
	}
	if former, err := decodeBackup(file.Bytes, envFile); err == nil && former.torn() {
		unlock()
		return nil, errTorn
	}
	return b, nil
}

// lockBackup makes a folder for one .env file's backup that only its user can
// look into, and that git ignores, should the home directory be a checkout. It
// locks another one in it: updates of the backup lock the folder itself.
func lockBackup(ctx context.Context, dir string) (unlock func(), err error) {
	run := filepath.Join(dir, "run")
	if err := os.MkdirAll(run, 0o700); err != nil {
		return nil, err
	}
	ignore := filepath.Join(filepath.Dir(dir), ".gitignore")
	if _, err := os.Stat(ignore); errors.Is(err, fs.ErrNotExist) {
		if err := os.WriteFile(ignore, []byte("*\n"), 0o600); err != nil {
			return nil, err
		}
	}
	return durable.Lock(ctx, run, 0)
}

// backupDirs are the folders to try. The state of a checkout is the last: it
// outlives no clone, but nothing in it is ever committed.
func backupDirs(ctx context.Context, dirs []string, envFile string) []string {
	sum := sha256.Sum256([]byte(envFile))
	name := hex.EncodeToString(sum[:8]) // every .env file has its own
	var all []string
	for _, dir := range dirs {
		all = append(all, filepath.Join(dir, name))
	}
	if dir, err := git.Dir(ctx, filepath.Dir(envFile)); err == nil {
		all = append(all, filepath.Join(dir, "bbctl", name))
	}
	return all
}

// loadBackup finds the backup of a .env file, and locks it.
func loadBackup(ctx context.Context, dirs []string, envFile string) (*backup, error) {
	for _, dir := range backupDirs(ctx, dirs, envFile) {
		path := filepath.Join(dir, backupFile)
		if _, err := os.Stat(path); err != nil {
			continue // the next place may have it
		}
		unlock, err := lockBackup(ctx, dir)
		if err != nil {
			return nil, fmt.Errorf("locking the backup %s: %w", path, plainly(err))
		}
		file, err := durable.Read(path, backupMost)
		if err != nil {
			unlock()
			return nil, fmt.Errorf("reading the backup %s: %w", path, plainly(err))
		}
		b, err := decodeBackup(file.Bytes, envFile)
		if err != nil {
			unlock()
			return nil, fmt.Errorf("reading the backup %s: %w", path, err)
		}
		b.path, b.unlock = path, unlock
		return b, nil
	}
	return nil, errNoBackup
}

func decodeBackup(text []byte, envFile string) (*backup, error) {
	b := &backup{}
	if err := json.Unmarshal(text, b); err != nil || b.Version != backupVersion || string(b.EnvFile) != envFile {
		return nil, errors.New("it is not one of bbctl setup")
	}
	return b, nil
}

// close lets other runs go on.
func (b *backup) close() {
	if b.unlock != nil {
		b.unlock()
		b.unlock = nil
	}
}

// torn says whether a file may be damaged.
func (b *backup) torn() bool {
	return slices.ContainsFunc(b.Files, func(k backedUp) bool {
		now, err := durable.Read(string(k.Path), backupMost)
		return k.Torn && (err != nil || !k.same(now) && digest(now.Bytes) != k.After)
	})
}

// same says whether a file is as it was before the run.
func (k backedUp) same(now *durable.File) bool {
	return now.Exists == k.Existed && bytes.Equal(now.Bytes, k.Before)
}

// ours says whether a file may be put back: it is as it was before or as the
// run left it, or the run was cut off in the middle of it.
func (k backedUp) ours(now *durable.File) bool {
	return k.Torn || k.same(now) || now.Exists && digest(now.Bytes) == k.After
}

// add keeps a file that is about to be written, and saves.
func (b *backup) add(ctx context.Context, file *durable.File, after []byte) error {
	b.Files = append(b.Files, backedUp{Path: []byte(file.Path), Existed: file.Exists, Before: file.Bytes, After: digest(after)})
	return b.save(ctx)
}

// tearing notes whether the last file is being overwritten in place.
func (b *backup) tearing(ctx context.Context, torn bool) error {
	b.Files[len(b.Files)-1].Torn = torn
	return b.save(ctx)
}

func (b *backup) save(ctx context.Context) error {
	text, err := b.encode()
	if err != nil {
		return err
	}
	return b.put(ctx, text)
}

func (b *backup) encode() ([]byte, error) { return json.Marshal(b) }

func (b *backup) put(ctx context.Context, text []byte) error {
	if b.path == "" {
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
	switch {
	case b.path == "":
		return nil
	case b.former != nil:
		return b.put(ctx, b.former)
	}
	now, err := durable.Read(b.path, backupMost)
	if err != nil || !now.Exists {
		return err
	}
	return durable.Remove(ctx, b.path, now.Bytes)
}

func digest(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}

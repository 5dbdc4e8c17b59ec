package git

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// repository is where a checkout keeps its state.
type repository struct {
	root   string // topmost folder of the checkout
	dir    string // its own state: HEAD, index
	common string // state shared by its worktrees: refs, packed-refs
}

// errForeignStorage says that references are not kept in files (reftable).
var errForeignStorage = errors.New("references are not kept in files")

// find walks up from a folder to the checkout that holds it.
func find(dir string) (*repository, error) {
	at, err := filepath.Abs(dir)
	if err != nil {
		return nil, fmt.Errorf("looking for a checkout: %w", err)
	}
	for {
		if repo := open(at); repo != nil {
			return repo, nil
		}
		parent := filepath.Dir(at)
		if parent == at {
			return nil, ErrNoRepository
		}
		at = parent
	}
}

// open returns the repository of which a folder is the root. As git does, it
// passes over a .git that holds no repository.
func open(root string) *repository {
	dir := filepath.Join(root, ".git")
	info, err := os.Stat(dir)
	if err != nil {
		return nil
	}
	if !info.IsDir() {
		// A worktree or a submodule: the file says where the state is.
		text, err := readSmall(dir)
		if err != nil {
			return nil
		}
		target, ok := strings.CutPrefix(text, "gitdir:")
		if !ok {
			return nil
		}
		dir = resolve(root, strings.TrimSpace(target))
	}
	repo := &repository{root: root, dir: dir, common: dir}
	if text, err := readSmall(filepath.Join(dir, "commondir")); err == nil {
		repo.common = resolve(dir, strings.TrimSpace(text))
	}
	// HEAD may be a dangling symbolic link in very old repositories, so it is
	// not followed here.
	if _, err := os.Lstat(filepath.Join(dir, "HEAD")); err != nil {
		return nil
	}
	if info, err := os.Stat(filepath.Join(repo.common, "objects")); err != nil || !info.IsDir() {
		return nil
	}
	return repo
}

// head follows HEAD to a commit.
func (r *repository) head() (string, error) {
	if _, err := os.Stat(filepath.Join(r.common, "reftable")); err == nil {
		return "", errForeignStorage
	}
	const most = 5 // git follows no longer chains either
	name := "HEAD"
	for range most {
		text, err := r.reference(name)
		if errors.Is(err, fs.ErrNotExist) {
			return "", ErrNoCommit
		}
		if err != nil {
			return "", fmt.Errorf("reading the commit: %w", err)
		}
		target, symbolic := strings.CutPrefix(text, "ref:")
		if !symbolic {
			if sha := strings.ToLower(text); isCommit(sha) {
				return sha, nil
			}
			return "", fmt.Errorf("reading the commit: %s holds no commit", name)
		}
		name = strings.TrimSpace(target)
		if !filepath.IsLocal(filepath.FromSlash(name)) {
			return "", fmt.Errorf("reading the commit: HEAD points outside of the repository")
		}
	}
	return "", fmt.Errorf("reading the commit: HEAD points in a circle")
}

// reference returns what a reference holds: "ref: NAME" or a commit. A loose
// file wins over the packed list.
func (r *repository) reference(name string) (string, error) {
	dirs := []string{r.dir}
	if r.common != r.dir {
		dirs = append(dirs, r.common)
	}
	for _, dir := range dirs {
		text, err := readSmall(filepath.Join(dir, filepath.FromSlash(name)))
		if err == nil {
			return strings.TrimSpace(text), nil
		}
		// A folder stands where a branch of the same name was packed.
		if info, statErr := os.Stat(filepath.Join(dir, filepath.FromSlash(name))); statErr == nil && info.IsDir() {
			continue
		}
		if !errors.Is(err, fs.ErrNotExist) {
			return "", err
		}
	}
	return r.packed(name)
}

// packed looks a reference up in packed-refs, whose lines are "SHA NAME".
func (r *repository) packed(name string) (string, error) {
	file, err := os.Open(filepath.Join(r.common, "packed-refs"))
	if err != nil {
		return "", err
	}
	defer func() { _ = file.Close() }() // only read
	lines := bufio.NewScanner(file)
	for lines.Scan() {
		sha, ref, ok := strings.Cut(lines.Text(), " ")
		if ok && ref == name && isCommit(sha) {
			return sha, nil
		}
	}
	if err := lines.Err(); err != nil {
		return "", err
	}
	return "", fs.ErrNotExist
}

// readSmall reads a file of one line. What is larger is not what it should be.
func readSmall(path string) (string, error) {
	const most = 64 << 10
	info, err := os.Stat(path)
	if err != nil {
		return "", err
	}
	if !info.Mode().IsRegular() {
		return "", fmt.Errorf("%s is not a file", filepath.Base(path))
	}
	file, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer func() { _ = file.Close() }() // only read
	text, err := io.ReadAll(io.LimitReader(file, most))
	return string(text), err
}

func resolve(base, path string) string {
	if filepath.IsAbs(path) {
		return filepath.Clean(path)
	}
	return filepath.Join(base, path)
}

// isCommit says whether a text is the name of a commit, of SHA-1 or SHA-256.
func isCommit(s string) bool {
	return (len(s) == 40 || len(s) == 64) && strings.Trim(s, "0123456789abcdef") == ""
}

//go:build !linux

package doctor

// table is empty where a system keeps no files of its processes.
type table struct{ pids []int }

func openTable(string) (*table, error) { return nil, errNoProcesses }

func (t *table) kin() map[int]bool    { return nil }
func (t *table) args(int) []string    { return nil }
func (t *table) place(*process)       {}
func (t *table) environment(*process) {}
func (t *table) details(*process)     {}

package monitoring_test

import "runtime"

func callersOf() []uintptr {
	pcs := make([]uintptr, 16)
	return pcs[:runtime.Callers(2, pcs)]
}

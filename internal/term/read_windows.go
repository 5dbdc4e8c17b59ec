package term

import "context"

// wait leaves a console to a goroutine: it is ready at every move of the
// mouse, and reading it waits for a whole line all the same.
func wait(context.Context, int) error { return errNoWait }

// ready cannot tell a line from a move of the mouse.
func ready(int) bool { return false }

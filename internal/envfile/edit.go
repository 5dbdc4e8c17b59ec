package envfile

import (
	"errors"
	"fmt"
	"slices"
)

// Change is what is to become of one variable.
type Change struct {
	Key    string // of letters, digits and _, and no digit first
	Value  string
	Remove bool // take every line away that sets it
}

// Action says what became of a variable.
type Action string

// The actions.
const (
	ActionKept     Action = "kept" // it is as it is to be already: nothing is touched
	ActionReplaced Action = "replaced"
	ActionAdded    Action = "added"
	ActionRemoved  Action = "removed"
)

// Applied is one change as it was carried out. Lines are counted as
// python-dotenv does, for which a lone \r ends a line too.
type Applied struct {
	Key    string
	Action Action
	// Line is where the assignment stands in the new text, or stood that was
	// removed; 0 where there never was one.
	Line int
	// Others are further lines of the new text that set the variable, and lose.
	// A first line behind a byte-order mark is one of them.
	Others []int
	// Differ are the readers that take the file and do not read the value as it
	// is, which was so before or cannot be helped.
	Differ []Reader
}

// Edited is a file with changes carried out.
type Edited struct {
	Bytes   []byte // the same slice where nothing changed
	Applied []Applied
}

// EditError says what is to be repaired in a file before it can be changed: as
// it is, a change would change what a reader sees of other variables, or would
// not be seen. It holds no part of the file.
type EditError struct {
	Line int // of the file as it is, where the fault lies
	Why  string
}

func (e *EditError) Error() string { return fmt.Sprintf("line %d: %s", e.Line, e.Why) }

// Edit carries out changes in the bytes of a .env file, which need not be
// valid. Of what is there, only the bytes of changed values are touched, and
// lines that are removed.
//
// The assignment that is changed is the last one that python-dotenv sees. A
// value that it reads already (the process environment is taken for empty) is
// left as it is. A new line goes behind the last assignment whose name begins
// alike, up to the first _, or to the end of the file where that is safer.
//
// What all readers see in the new text is compared with what they saw before;
// where another variable would suffer, nothing is changed and the error is an
// *EditError. A value that cannot be written portably is an *UnportableError.
func Edit(b []byte, changes []Change) (Edited, error) {
	keys := make(map[string]bool)
	for _, c := range changes {
		switch {
		case !isName(c.Key):
			return Edited{}, errors.New("a name that is to be set is not made of letters, digits and _ alone")
		case keys[c.Key]:
			return Edited{}, fmt.Errorf("%s is to be changed twice at once", c.Key)
		}
		keys[c.Key] = true
	}
	before := look(b)
	d, err := carryOut(before, changes)
	var spoiled *EditError
	if len(changes) > 1 && errors.As(err, &spoiled) {
		d, err = oneByOne(before, changes)
	}
	if err != nil {
		return Edited{}, err
	}
	return Edited{Bytes: d.after.bytes, Applied: d.applied()}, nil
}

// carryOut makes changes all at once: with new lines beside their kin, unless
// a reader would see less of them there than at the end of the file.
func carryOut(before *view, changes []Change) (*draft, error) {
	near, err := newDraft(before, changes, true)
	if err != nil {
		return nil, err
	}
	fault := near.check()
	if !near.placed || fault == nil && near.astray() == 0 {
		return near, asError(fault)
	}
	end, err := newDraft(before, changes, false)
	if err != nil {
		return nil, err
	}
	switch endFault := end.check(); {
	case endFault == nil && (fault != nil || end.astray() < near.astray()):
		return end, nil
	case fault != nil:
		return nil, endFault
	}
	return near, nil
}

// asError keeps a nil pointer from becoming an error.
func asError(e *EditError) error {
	if e == nil {
		return nil
	}
	return e
}

// oneByOne lets every change find its own place.
func oneByOne(before *view, changes []Change) (*draft, error) {
	whole := &draft{before: before, after: before, changes: changes}
	for _, c := range changes {
		d, err := carryOut(whole.after, []Change{c})
		if err != nil {
			return nil, err
		}
		whole.after = d.after
		whole.actions = slices.Concat(whole.actions, d.actions)
	}
	return whole, nil
}

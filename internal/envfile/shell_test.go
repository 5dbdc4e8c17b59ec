package envfile

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// TestShellRunsNothing holds what is said where a shell would run something,
// and what is set around it. The plain cases are held by the corpus and by real
// shells.
func TestShellRunsNothing(t *testing.T) {
	t.Parallel()
	const (
		notRun  = "! a command in the value is not run: the value is not known"
		unknown = "! the value depends on the shell that reads it: it is not known"
		command = "! " + commandSkipped
		lost    = "! what is set in a pipeline or in the background is lost"
	)
	tests := []struct {
		text string
		want []string
	}{
		{"A=$(rm x; echo ')' # )\n)\nB=`c \\` $A`y\nC=$((1+2))", []string{
			"1 A=$(rm x; echo ')' # )\n)", "3 B=`c \\` $A`y", "4 C=$((1+2))", "1" + notRun, "3" + notRun, "4" + notRun,
		}},
		{"A=$$x\nB=$1\nC=${#}\nD=\"$?\"\nE=${X%v}", []string{"1 A=$$x", "2 B=$1", "3 C=${#}", "4 D=$?", "5 E=${X%v}", "1" + unknown, "2" + unknown, "3" + unknown, "4" + unknown, "5" + unknown}},
		{"A=b c\nB=d", []string{"2 B=d", "1" + command}},
		{"A=b export C=d\nE=f :", []string{"1 A=b", "1 C=d", "2 E=f"}},
		{"A=b|c\nB=c&\nC=d", []string{"3 C=d", "1" + lost, "2" + lost}},
		{"A=b && B=c || C=d\nc && D=e", []string{"1 A=b", "1 B=c", "2" + command, "2! whether this is run depends on a command"}},
		{"A=b >f 2>&1\nB=c", []string{"1 A=b", "2 B=c", "1! a redirection is not made"}},
		{"cat <<-'E'\n\tA=b\n\tE\nB=c", []string{"4 B=c", "1! a redirection is not made", "1" + command}},
		{"if [ -n \"$X\" ]; then\nA=b; else (A=c); fi\nB=d", []string{"3 B=d", "1! " + compoundSkipped, "2! " + compoundSkipped}},
		{"case $X in\na|b) A=b ;;\n(*) A=c;;\nesac\nfor x in a; do A=$x; done\nf() { A=d; }\nB=e", []string{
			"7 B=e", "1! " + compoundSkipped, "5! " + compoundSkipped, "6! " + compoundSkipped,
		}},
		{"A=b\nreturn\nC=d", []string{"1 A=b", "2! a return ends the file here"}},
		{"A=b\nunset A X\nB=${A-1}${X-2}", []string{"3 B=12"}},
		{"A=b\nexit 1", []string{"2!! it ends the shell that reads it"}},
		{"readonly A=b\nA=c", []string{"2!! a variable is set again that is read-only"}},
		{"A=b\nexport A B 'C=d e'", []string{"1 A=b", "2 C=d e"}},
		{"export 1A=b", []string{"1!! " + notAName}},
		{"A=${N:=n}${N}\nB=${X:?}", []string{"1 N=n", "1 A=nn", "2 B=env"}},
		{"A=b\nB=${N?no}", []string{"2!! a variable is not set that the file asks for with ${…?}"}},
		{"B=${X/a/b}", []string{"1!! a ${ holds what a POSIX shell does not know"}},
		{"B=${}", []string{"1!! a ${ holds no name"}},
		{"A=\"${N:-\"a b\"}'\"\nB=${N:-'a b'}\nC=${EMPTY:-d}${EMPTY-d}${X:+e}${EMPTY:+f}${#X}", []string{"1 A=a b'", "2 B=a b", "3 C=de3"}},
		{"A=~/x:~:\"~\"\nB=a~\nC=~root/x", []string{"1 A=/home/bb/x:/home/bb:~", "2 B=a~", "3 C=~root/x", "3" + unknown}},
		{"A=b\\\nc\\\n\nB\\\nD=e\n", []string{"1 A=bc", "4 BD=e"}},
		{"A=b\n\n; c", []string{"3!! there is an operator without a command"}},
		{"A=b\nfi", []string{"2!! " + noCompound}},
		{"A=b\n{ c", []string{"2!! a compound command is not closed"}},
		{"A=b)", []string{"1!! " + noCompound}},
		{"A=b >", []string{"1!! there is a redirection to nowhere"}},
		{"A=b\n\nB='c\nd", []string{"3!! a quote is not closed"}},
		{"A=b\nB=\"${c\nd", []string{"2!! a ${ is not closed"}},
		{"B=`c", []string{"1!! a backquote is not closed"}},
		{"B=$(c", []string{"1!! a $( is not closed"}},
	}
	for _, test := range tests {
		t.Run(test.text, func(t *testing.T) {
			t.Parallel()
			got := told(Parse(Shell, []byte(test.text), Options{Environ: environment}))
			if diff := cmp.Diff(test.want, got, cmpopts.EquateEmpty()); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

package cli

import (
	"context"
	"fmt"
	"io"

	"github.com/qwenbatch/qwenbatch/cli/exam"
	"github.com/qwenbatch/qwenbatch/cli/term"
)

// exam runs a program through the scenes of an exam and prints its marks. Exit code 3 is an exam
// that was not passed.
func (p *program) exam(ctx context.Context, command []string, asJSON bool) error {
	if len(command) == 0 {
		return &mistake{text: "--exam wants the program to be examined",
			hint: "qwenbatch emulate --exam -- COMMAND; emulate --help says what it is told"}
	}
	ctx, forget := untilSignal(ctx, func(stopSignal) {})
	defer forget()
	var all []exam.Marks
	passed := true
	for _, s := range exam.Scenes() {
		fmt.Fprintf(p.stderr, "scene: %s\n", s.Name)
		m, err := exam.Sit(ctx, s, command, p.stderr)
		if err != nil {
			return &mistake{text: err.Error(), code: codeStopped}
		}
		all, passed = append(all, m), passed && m.Passed()
	}
	if asJSON {
		if err := term.WriteJSON(p.stdout, all); err != nil {
			return err
		}
	} else {
		printMarks(p.stdout, all, passed)
	}
	if !passed {
		return codeItems
	}
	return nil
}

func printMarks(w io.Writer, all []exam.Marks, passed bool) {
	t := &term.Table{Heads: []string{"SCENE", "PROMPTS", "CHARGED", "TWICE", "SAVED", "LOST",
		"POLLS", "KEY", "RUNS", "TIME"}, Left: []int{0}}
	for _, m := range all {
		t.Add(m.Scene, fmt.Sprint(m.Asked), fmt.Sprint(m.Charged), fmt.Sprint(m.Twice),
			fmt.Sprint(m.Saved), fmt.Sprint(m.Lost), fmt.Sprintf("%.1f", m.Polls),
			fmt.Sprint(m.KeyShown), fmt.Sprint(m.Runs), fmt.Sprintf("%.1f s", m.Seconds))
	}
	t.Print(w)
	fmt.Fprint(w, `
TWICE   pictures charged for a prompt that had been charged before
SAVED   prompts with a picture in the folder; LOST: charged, and none is there
POLLS   questions a task; KEY: calls that showed the API key to the picture host
`)
	if passed {
		fmt.Fprintln(w, "\nPassed.")
		return
	}
	fmt.Fprintln(w, "\nNot passed.")
}

package cli

import "strings"

// again is the command that was given, for people to copy.
func (j *job) again() string { return command(j.p.args) }

// original is the command without the flags of a rehearsal.
func (j *job) original() string {
	var words []string
	for _, a := range j.p.args {
		if a != "--rehearse" && a != "--rehearse=true" && !strings.HasPrefix(a, "--rehearse-speed=") {
			words = append(words, a)
		}
	}
	for i, a := range words {
		if a == "--rehearse-speed" && i+1 < len(words) {
			words = append(words[:i:i], words[i+2:]...)
			break
		}
	}
	return command(words)
}

// fresh is the command without --redo, which would be a new wish.
func (j *job) fresh() string {
	var words []string
	for i := 0; i < len(j.p.args); i++ {
		switch a := j.p.args[i]; {
		case a == "--redo":
			i++
		case !strings.HasPrefix(a, "--redo="):
			words = append(words, a)
		}
	}
	return command(words)
}

// status is the command that lists the items that want a person.
func (j *job) status() string { return j.about("status") }

// about is a command line about this batch.
func (j *job) about(verb string) string {
	words := []string{verb, j.manifest}
	if j.f.out != "" {
		words = append(words, "--out", j.f.out)
	}
	if j.f.rehearse {
		words = append(words, "--rehearse")
	}
	return command(words)
}

// command is a command line that a person can copy.
func command(args []string) string {
	words := []string{"qwenbatch"}
	for _, a := range args {
		words = append(words, shellQuote(a))
	}
	return strings.Join(words, " ")
}

package manifests

import (
	"strconv"

	"github.com/qwenbatch/qwenbatch/manifests/shell"
)

// besides tells of the sheets that are not read, where nobody has said which to read: the
// prompts of this month may stand in the last one. Below a YAML manifest its key says it.
func (s *sheet) besides(belowYAML bool) (told ErrorList) {
	if len(s.unread) == 0 {
		return told
	}
	flag, verb, which := "--sheet ", " is not; ", shell.Quote(s.unread[0])+" reads it instead"
	if belowYAML {
		flag, which = "sheet: ", strconv.Quote(s.unread[0])+" in the manifest reads it instead"
	}
	if len(s.unread) > 1 {
		verb, which = " are not; ", "NAME reads another"
	}
	told.add(Error{Pos: Position{File: s.path}, Text: "the sheet " +
		quoteAll([]string{s.name}) + " is read, " + quoteAll(s.unread) + verb + flag + which})
	return told
}

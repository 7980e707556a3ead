package manifests

import "fmt"

// nearMisses warn of carried columns whose names are nearly that of a field which has no column:
// Sizes, negativ_prompt. They may be the person's own, so they are no mistakes. The columns of
// the faults are places among names.
func nearMisses(names []string, has func(field) bool) (slips []headerFault) {
	for i, name := range names {
		if f, ok := fieldNearly(name); ok && !has(f) {
			slips = append(slips, headerFault{i, fmt.Sprintf(
				"%q is only carried along; if it is the %s: %s", name, f, columnFlag(f, name))})
		}
	}
	return append(slips, lonelySides(names, has(fieldSize))...)
}

// nearMisses are those of the columns of a table or sheet.
func (h *header) nearMisses() []headerFault {
	slips := nearMisses(h.names, func(f field) bool { return h.index[f] >= 0 })
	for i := range slips {
		slips[i].column = h.carried[slips[i].column]
	}
	return slips
}

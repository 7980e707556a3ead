package cli

import (
	"fmt"
	"time"

	"github.com/qwenbatch/qwenbatch/client"
)

func modelNames() []string {
	var names []string
	for _, m := range client.Models() {
		names = append(names, m.Name)
	}
	return names
}

// quota is what an account may submit, and "×2" where the service works on two tasks at once.
func quota(m client.Model) string {
	unit := map[time.Duration]string{time.Second: "s", time.Minute: "min"}[m.Per]
	text := fmt.Sprintf("%d/%s", m.Submissions, unit)
	if m.Async != client.None && m.Running > 0 {
		text += fmt.Sprintf(" ×%d", m.Running)
	}
	return text
}

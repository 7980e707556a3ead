package batch

import (
	"strconv"
	"strings"

	"github.com/qwenbatch/qwenbatch/client"
)

// byGateway reports whether a submission was refused by something before the service, with a
// status that nothing is made before. A gateway that has tried two upstreams may be wrong about
// that: the list is read before the refusal counts, and what it concerns stops at once.
func (l *lifecycle) byGateway(j *job, api *client.APIError) bool {
	if j.Sent.Sync || gatewayStatus(api.Code) == 0 {
		return false
	}
	j.Answer, j.Code, j.Message = api.Code, api.Code, api.Message
	if api.Reach() == client.ReachAccount {
		l.stops.Halt("", api)
	}
	return true
}

// gatewayStatus is the HTTP status of a gateway whose refusal is the answer to a submission, 0
// where it is none.
func gatewayStatus(answer string) int {
	switch answer {
	case "HTTP 404", "HTTP 405", "HTTP 413", "HTTP 415", "HTTP 422":
		status, _ := strconv.Atoi(strings.TrimPrefix(answer, "HTTP "))
		return status
	}
	return 0
}

package batch

import (
	"strconv"
	"strings"

	"github.com/qwenbatch/qwenbatch/batch/state"
	"github.com/qwenbatch/qwenbatch/client"
)

// byGateway reports whether a submission was refused by something before the service, with a
// status that nothing is made before. A gateway that has tried two upstreams may be wrong about
// that: the list is read before the refusal counts, and what it concerns stops at once.
func (l *lifecycle) byGateway(j *job, api *client.APIError) bool {
	j.Answer = api.Code
	j.Code, j.Message = api.Code, api.Message
	if j.Sent.Sync || statusOf(&j.Record) == 0 {
		j.Answer, j.Code, j.Message = "", "", ""
		return false
	}
	if api.Reach() == client.ReachAccount {
		l.stops.Halt("", api)
	}
	return true
}

// statusOf is the HTTP status of a gateway that refused the last submission of a record, 0 where
// none did.
func statusOf(rec *state.Record) int {
	switch rec.Answer {
	case "HTTP 404", "HTTP 405", "HTTP 413", "HTTP 415", "HTTP 422":
		status, _ := strconv.Atoi(strings.TrimPrefix(rec.Answer, "HTTP "))
		return status
	}
	return 0
}

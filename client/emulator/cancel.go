package emulator

import "net/http"

// cancel answers POST tasks/{id}/cancel: only a PENDING task can be canceled (CN, recorded; TASK,
// 2026-05). It ignores a body: the asyncio SDK sends one.
func (c *call) cancel() answer {
	id := c.info.TaskID
	c.entry.Task = ""
	if r := firstRefusal(c.authenticate(), c.admitQuery()); r != nil {
		return c.refuse(r)
	}
	t := c.server.account.byID[id]
	if t == nil || t.statusAt(c.now) != pending {
		return c.refuse(refusalOf("UnsupportedOperation", ""))
	}
	c.entry.Task, c.entry.Canceled = id, true
	return c.json(http.StatusOK, struct {
		RequestID string `json:"request_id"`
	}{c.requestID})
}

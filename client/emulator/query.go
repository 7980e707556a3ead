package emulator

import (
	"net/http"
	"time"
)

// query answers GET tasks/{id}. The status is 200 for every state (CN, recorded).
func (c *call) query() answer {
	if r := firstRefusal(c.authenticate(), c.admitQuery()); r != nil {
		c.entry.Task = ""
		return c.refuse(r)
	}
	id := c.info.TaskID
	t := c.server.account.byID[id]
	out := wireOutput{TaskID: id, TaskStatus: unknown}
	if t == nil || t.Source != sourceAsync || c.fault.Unknown || t.statusAt(c.now) == unknown {
		return c.json(http.StatusOK, wireAnswer{RequestID: c.requestID, Output: out})
	}
	a := t.result(c.now, c.pictureURLs(t))
	a.RequestID = c.requestID
	c.distort(&a.Output)
	return c.json(http.StatusOK, a)
}

// distort changes a task's state as the fault says.
func (c *call) distort(out *wireOutput) {
	if c.fault.WrongTask {
		out.TaskID = uuid(chance(c.server.opts.Seed, domainFault, c.info.N))
	}
	if c.fault.TaskStatus != "" {
		out.TaskStatus = c.fault.TaskStatus
	}
	if c.fault.NoResults {
		out.Results, out.Choices = nil, nil
	}
}

// pictureURLs returns the signed URLs of a task's pictures, none before it has succeeded.
func (c *call) pictureURLs(t *Task) []string {
	if t.Source == sourceAsync && t.statusAt(c.now) != succeeded {
		return nil
	}
	var urls []string
	for i := range t.pictures() {
		path, query := c.server.host.object(t, i)
		if h := c.server.opts.Habits; h.SignOnQuery {
			query = signedQuery(c.server.host.base.Path+path, h.expiry(t, c.now).Unix())
		}
		if c.fault.ExpireURL {
			query = signedQuery(c.server.host.base.Path+path, c.now.Add(-time.Second).Unix())
		}
		urls = append(urls, c.server.host.url+path+"?"+query)
	}
	return urls
}

package emulator

import (
	"encoding/json"
	"net/http"
	"strings"
)

// serveAPI finds the operation of a request. Trailing slashes are let through, and whatever stands in the query of a
// task: the Python SDK sends both (wire.md §7).
func (s *Server) serveAPI(w http.ResponseWriter, r *http.Request) {
	path := strings.TrimRight(r.URL.Path, "/")
	c := &call{s: s, w: w, r: r, mime: mimeTask}
	id, below := strings.CutPrefix(path, "/api/v1/tasks/")
	cancelID, cancels := strings.CutSuffix(id, "/cancel")
	switch {
	case path == pathSync:
		c.submission(opSync, path)
	case path == pathA1 || path == pathA2:
		c.submission(opSubmit, path)
	case path == "/api/v1/tasks":
		c.get(opList, (*call).list)
	case path == "/api/v1/models/limits" || path == "/api/v1/quotas":
		c.get(opLimits, (*call).limits)
	case below && cancels && cancelID != "" && !strings.Contains(cancelID, "/"):
		c.info.TaskID = cancelID
		c.only(http.MethodPost, opCancel, (*call).cancel)
	case below && !strings.Contains(id, "/"):
		c.info.TaskID = id
		c.get(opQuery, (*call).query)
	case path == "/books":
		s.serveBooks(w)
	default:
		c.notFound()
	}
}

// submission serves one of the three doors.
func (c *call) submission(op, door string) {
	c.door, c.mime = door, mimePost
	c.only(http.MethodPost, op, (*call).submit)
}

func (c *call) get(op string, serve func(*call) answer) { c.only(http.MethodGet, op, serve) }

// only serves an operation to its method. How the service words the refusal of another is not known [I].
func (c *call) only(method, op string, serve func(*call) answer) {
	c.info.Op = op
	if c.r.Method != method {
		serve = wrongMethod
	}
	c.run(serve)
}

func wrongMethod(c *call) answer {
	c.entry.Task, c.entry.Call = "", "" // no operation took place
	return c.refuse(&refusal{http.StatusMethodNotAllowed, "InvalidParameter", "Request method '" + c.r.Method + "' is not supported."})
}

// notFound answers a path that the service does not have. It is no operation: it is not in the books.
func (c *call) notFound() {
	c.s.mu.Lock()
	c.s.tally.seq++
	c.requestID = uuid(chance(c.s.opts.Seed, domainRequest, c.s.tally.seq))
	c.s.mu.Unlock()
	c.arrived, c.mime = c.s.Now(), mimePost
	c.send(c.refuse(refusalOf("NotFound", "")))
}

func (s *Server) serveBooks(w http.ResponseWriter) {
	body, err := json.MarshalIndent(s.Books(), "", "  ")
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError) // unreachable unless Books holds what JSON cannot
		return
	}
	w.Header().Set("Date", s.Now().UTC().Format(http.TimeFormat))
	w.Header().Set("Content-Type", mimePost)
	w.Write(append(body, '\n'))
}

package emulator

import (
	"encoding/json"
	"net/http"
	"strings"
)

// API returns the handler of /api/v1/… and of GET /books.
func (s *Server) API() http.Handler { return http.HandlerFunc(s.serveAPI) }

// Images returns the handler of the picture host. It is another host than the API's, and must not
// be sent a key.
func (s *Server) Images() http.Handler { return http.HandlerFunc(s.serveImage) }

// serveAPI finds the operation of a request. It accepts trailing slashes, and any query after a
// task: the Python SDK sends both (wire.md §7).
func (s *Server) serveAPI(w http.ResponseWriter, r *http.Request) {
	path := strings.TrimRight(r.URL.Path, "/")
	c := &call{server: s, w: w, r: r, mime: mimeTask}
	id, isTask := strings.CutPrefix(path, "/api/v1/tasks/")
	cancelID, cancels := strings.CutSuffix(id, "/cancel")
	switch {
	case path == pathSync:
		serveSubmission(c, opSync, path)
	case path == pathA1 || path == pathA2:
		serveSubmission(c, opSubmit, path)
	case path == "/api/v1/tasks":
		c.serve(opList, http.MethodGet, c.list)
	case path == "/api/v1/models/limits" || path == "/api/v1/quotas":
		c.serve(opLimits, http.MethodGet, c.limits)
	case path == "/api/v1/models":
		c.serve(opModels, http.MethodGet, c.listModels)
	case isTask && cancels && cancelID != "" && !strings.Contains(cancelID, "/"):
		c.info.TaskID = cancelID
		c.serve(opCancel, http.MethodPost, c.cancel)
	case isTask && !strings.Contains(id, "/"):
		c.info.TaskID = id
		c.serve(opQuery, http.MethodGet, c.query)
	case path == "/books":
		s.serveBooks(w)
	default:
		c.notFound()
	}
}

// serveSubmission serves one of the three endpoints that make pictures.
func serveSubmission(c *call, op, path string) {
	s := &submission{call: c, path: path}
	c.mime, c.parse = mimePost, s.parse
	c.serve(op, http.MethodPost, s.submit)
}

// serve runs an operation, or refuses another method. How the service words that is not known [I].
func (c *call) serve(op, method string, decide func() answer) {
	c.info.Op = op
	if c.r.Method != method {
		decide = c.wrongMethod
	}
	c.run(decide)
}

func (c *call) wrongMethod() answer {
	c.entry.Task, c.entry.Call = "", "" // no operation took place
	message := "Request method '" + c.r.Method + "' is not supported."
	return c.refuse(&refusal{http.StatusMethodNotAllowed, "InvalidParameter", message})
}

// notFound answers an unknown path. That is no operation and not in the books.
func (c *call) notFound() {
	c.server.mu.Lock()
	c.server.account.tally.seq++
	c.requestID = uuid(chance(c.server.opts.Seed, domainRequest, c.server.account.tally.seq))
	c.server.mu.Unlock()
	c.arrived, c.mime = c.server.Now(), mimePost
	c.send(c.refuse(refusalOf("NotFound", "")))
}

func (s *Server) serveBooks(w http.ResponseWriter) {
	body, err := json.MarshalIndent(s.Books(), "", "  ")
	if err != nil { // unreachable unless Books holds what JSON cannot
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Date", s.Now().UTC().Format(http.TimeFormat))
	w.Header().Set("Content-Type", mimePost)
	w.Write(append(body, '\n'))
}

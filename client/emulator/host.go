package emulator

import (
	"bytes"
	"crypto/hmac"
	"crypto/md5"
	"crypto/sha1"
	"encoding/base64"
	"encoding/xml"
	"fmt"
	"hash/crc64"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/qwenbatch/qwenbatch/client/emulator/draw"
)

// accessKeyID signs result URLs. It is not a secret, and neither is what stands for one here.
const accessKeyID = "LTAIrehearsal0000000"

// objectPath is where the i-th picture of a task lies. Recorded names end in -1.png for tasks and in the seed for sync
// calls (CN, 2024-03-01 and 2026-06-11).
func (s *Server) objectPath(t *Task, i, nonce int) string {
	r := chance(s.opts.Seed, domainObject, int(hash(t.ID)>>1)+nonce*8+i)
	name := fmt.Sprintf("%s-%d", t.RequestID, i+1)
	if t.Source == sourceSync {
		name = fmt.Sprintf("%s%d", t.RequestID, t.Seed+int64(i))
	}
	a := r.Uint64()
	return fmt.Sprintf("/%02x/%02x/%s/%08x/%s.png", a&0xff, a>>8&0xff, t.Submitted.In(beijing).Format("20060102"), a>>32, name)
}

// signedQuery is the query that opens an object to GET until a time: OSS signature version 1, base64 with its + / and =
// escaped. Whoever decodes and encodes it again breaks it.
func signedQuery(path string, expires int64) string {
	mac := hmac.New(sha1.New, []byte("rehearsal"))
	fmt.Fprintf(mac, "GET\n\n\n%d\n/rehearsal%s", expires, path)
	signature := base64.StdEncoding.EncodeToString(mac.Sum(nil))
	return fmt.Sprintf("Expires=%d&OSSAccessKeyId=%s&Signature=%s", expires, accessKeyID, url.QueryEscape(signature))
}

// object returns the path and query of a picture. The path is chosen so that the signature has a + in it: a client that
// takes %2B for a blank shall never be lucky.
func (s *Server) object(t *Task, i int) (path, query string) {
	for nonce := 0; ; nonce++ {
		path = s.objectPath(t, i, nonce)
		query = signedQuery(s.images.Path+path, t.expiry().Unix())
		if strings.Contains(query, "%2B") {
			return path, query
		}
	}
}

// pictureURL is the URL that a result tells.
func (c *call) pictureURL(t *Task, i int) string {
	path, query := c.s.object(t, i)
	if c.fault.ExpireURL {
		query = signedQuery(c.s.images.Path+path, c.now.Add(-time.Second).Unix())
	}
	return c.s.opts.ImageURL + path + "?" + query
}

// serveImage serves the picture host.
func (s *Server) serveImage(w http.ResponseWriter, r *http.Request) {
	c := &call{s: s, w: w, r: r}
	c.info.Op = opImage
	s.mu.Lock()
	c.task, c.picture = s.findPicture(r.URL.EscapedPath())
	s.mu.Unlock()
	if c.task != nil {
		c.info.TaskID = c.task.ID
	}
	c.run((*call).image)
}

// findPicture finds the picture that lies at a path.
func (s *Server) findPicture(path string) (*Task, int) {
	path, ok := strings.CutPrefix(path, s.images.EscapedPath())
	name := path[strings.LastIndexByte(path, '/')+1:]
	if !ok || len(name) < 36 {
		return nil, 0
	}
	t := s.account.byRequest[name[:36]]
	if t == nil {
		return nil, 0
	}
	for i := range t.pictures() {
		if p, _ := s.object(t, i); p == path && t.chargedAt(s.Now()) > 0 {
			return t, i + 1
		}
	}
	return nil, 0
}

// image answers a call of the picture host. Its errors are XML. The key has no business here: OSS refuses a header beside
// a signed query (OSS39, EC 0002-00000039).
func (c *call) image() answer {
	c.entry.Task = ""
	if c.carriesKey() {
		c.violate(RuleKeyAtImages, "")
		return c.xml(http.StatusBadRequest, "InvalidArgument", "Authorization header and query signature must not be used together.", "0002-00000039")
	}
	if c.r.Method != http.MethodGet {
		c.violate(RuleImageMethod, c.r.Method)
		return c.signatureMismatch()
	}
	if a, ok := c.checkSignature(); !ok {
		return a
	}
	if c.task == nil || c.fault.Gone {
		return c.xml(http.StatusNotFound, "NoSuchKey", "The specified key does not exist.", "0026-00000001")
	}
	c.entry.Task, c.entry.Picture = c.task.ID, c.picture
	return answer{later: c.servePicture, ready: c.now}
}

// carriesKey reports whether a call of the picture host has an Authorization header or any key that was ever seen.
func (c *call) carriesKey() bool {
	if _, ok := c.r.Header["Authorization"]; ok {
		return true
	}
	for key := range c.s.keys {
		if c.leaks(key, false) {
			return true
		}
	}
	return false
}

// checkSignature compares the query byte for byte with the one that was told.
func (c *call) checkSignature() (answer, bool) {
	raw := c.r.URL.RawQuery
	text, _, _ := strings.Cut(strings.TrimPrefix(raw, "Expires="), "&")
	expires, err := strconv.ParseInt(text, 10, 64)
	switch {
	case err != nil:
		return c.xml(http.StatusForbidden, "AccessDenied", "You have no right to access this object because of bucket acl.", "0003-00000001"), false
	case raw != signedQuery(c.r.URL.EscapedPath(), expires):
		return c.signatureMismatch(), false
	case c.fault.ExpireURL || c.now.After(time.Unix(expires, 0)):
		return c.xml(http.StatusForbidden, "AccessDenied", "Request has expired.", "0002-00000069"), false
	}
	return answer{}, true
}

func (c *call) signatureMismatch() answer {
	return c.xml(http.StatusForbidden, "SignatureDoesNotMatch", "The request signature we calculated does not match the signature you provided. Check your key and signing method.", "0002-00000040")
}

// xml is an error of the picture host.
func (c *call) xml(status int, code, message, ec string) answer {
	c.entry.Code, c.entry.Task = code, ""
	body, err := xml.MarshalIndent(struct {
		XMLName    xml.Name `xml:"Error"`
		Code       string
		Message    string
		RequestID  string `xml:"RequestId"`
		HostID     string `xml:"HostId"`
		ServerTime string
		EC         string `xml:",omitempty"`
	}{Code: code, Message: message, RequestID: c.requestID, HostID: c.s.images.Host, ServerTime: c.s.Now().UTC().Format("2006-01-02T15:04:05.000Z"), EC: ec}, "", "  ")
	if err != nil {
		panic(err) // unreachable unless the struct holds what XML cannot
	}
	return answer{status: status, mime: "application/xml", body: append([]byte(xml.Header), body...)}
}

// servePicture draws the picture, without the lock, and answers it or the part that a Range asks for.
func (c *call) servePicture() answer {
	data := c.draw()
	sum := crc64.Checksum(data, crc64.MakeTable(crc64.ECMA))
	header := map[string]string{
		"Accept-Ranges": "bytes", "Server": "AliyunOSS", "X-Oss-Request-Id": c.requestID, "X-Oss-Object-Type": "Normal",
		"Etag":                 fmt.Sprintf(`"%X"`, md5.Sum(data)),
		"Last-Modified":        c.task.Ended.UTC().Format(http.TimeFormat),
		"X-Oss-Hash-Crc64ecma": strconv.FormatUint(sum, 10),
	}
	if c.fault.BadCRC {
		header["X-Oss-Hash-Crc64ecma"] = strconv.FormatUint(sum^1, 10)
	}
	if c.fault.NoCRC {
		delete(header, "X-Oss-Hash-Crc64ecma")
	}
	if c.fault.FlipByte {
		data = bytes.Clone(data)
		data[len(data)/2] ^= 0x20
	}
	a := answer{status: http.StatusOK, mime: "image/png", header: header, body: data}
	return a.part(c.r.Header.Get("Range"), c.r.Header.Get("If-Range"))
}

// draw makes the picture of a call.
func (c *call) draw() []byte {
	t := c.task
	w, h, _ := splitSize(t.Size)
	if c.fault.WrongSize {
		w, h = w/2, h/2
	}
	if c.s.opts.Tiny {
		return draw.Blank(w, h, fmt.Sprintf("REHEARSAL task %s picture %d", t.ID, c.picture))
	}
	return draw.Poster(draw.Scene{Prompt: t.Prompt, Seed: t.Seed + int64(c.picture-1), Width: w, Height: h, Watermark: t.Watermark})
}

// part cuts an answer down to a byte range: one "bytes=from-", "bytes=from-to" or "bytes=-last"; others get the whole,
// and so does an If-Range that names another ETag.
func (a answer) part(asked, ifRange string) answer {
	size := len(a.body)
	from, to, ok := byteRange(asked, size)
	if !ok || ifRange != "" && ifRange != a.header["Etag"] && ifRange != a.header["Last-Modified"] {
		return a
	}
	if from >= size {
		a.status, a.body = http.StatusRequestedRangeNotSatisfiable, nil
		a.header["Content-Range"] = fmt.Sprintf("bytes */%d", size)
		return a
	}
	a.status, a.body = http.StatusPartialContent, a.body[from:to]
	a.header["Content-Range"] = fmt.Sprintf("bytes %d-%d/%d", from, to-1, size)
	return a
}

// byteRange reads a Range header into a half-open range.
func byteRange(text string, size int) (from, to int, ok bool) {
	spec, ok := strings.CutPrefix(text, "bytes=")
	first, last, dash := strings.Cut(spec, "-")
	if !ok || !dash {
		return 0, 0, false
	}
	a, errA := strconv.Atoi(first)
	b, errB := strconv.Atoi(last)
	switch {
	case first == "" && errB == nil && b > 0:
		return max(size-b, 0), size, true
	case errA != nil || a < 0:
		return 0, 0, false
	case last == "":
		return a, size, true
	}
	return a, min(b+1, size), errB == nil && b >= a
}

package emulator

import (
	"bytes"
	"crypto/md5"
	"encoding/xml"
	"fmt"
	"hash/crc64"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/qwenbatch/qwenbatch/client/emulator/draw"
)

// download is a call of the picture host. Its errors are XML.
type download struct {
	*call
	task    *Task // nil for an unknown path
	picture int   // from 1
}

func (s *Server) serveImage(w http.ResponseWriter, r *http.Request) {
	d := &download{call: &call{server: s, w: w, r: r}}
	d.info.Op = opImage
	s.mu.Lock()
	t, i := s.host.find(r.URL.EscapedPath(), s.account.byRequest)
	if t != nil && t.chargedAt(s.Now()) > 0 {
		d.task, d.picture, d.info.TaskID = t, i, t.ID
	}
	s.mu.Unlock()
	d.run(d.image)
}

// image answers a call of the picture host. OSS refuses a key: an Authorization header beside a
// signed query (OSS39, EC 0002-00000039).
func (d *download) image() answer {
	d.entry.Task = ""
	if d.carriesKey() {
		d.violate(RuleKeyAtImages, "")
		const message = "Authorization header and query signature must not be used together."
		return d.xml(http.StatusBadRequest, "InvalidArgument", message, "0002-00000039")
	}
	if d.r.Method != http.MethodGet {
		d.violate(RuleImageMethod, d.r.Method)
		return d.signatureMismatch()
	}
	if a, ok := d.checkSignature(); !ok {
		return a
	}
	if d.task == nil || d.fault.Gone {
		const message = "The specified key does not exist."
		return d.xml(http.StatusNotFound, "NoSuchKey", message, "0026-00000001")
	}
	d.entry.Task, d.entry.Picture = d.task.ID, d.picture
	return answer{later: d.servePicture, ready: d.now}
}

// carriesKey reports whether a call has an Authorization header, or any key that was ever seen.
func (d *download) carriesKey() bool {
	if _, ok := d.r.Header["Authorization"]; ok {
		return true
	}
	for key := range d.server.keys {
		if leaks(d.r, key, false) {
			return true
		}
	}
	return false
}

// checkSignature compares the query byte for byte with the one in the result.
func (d *download) checkSignature() (answer, bool) {
	raw := d.r.URL.RawQuery
	text, _, _ := strings.Cut(strings.TrimPrefix(raw, "Expires="), "&")
	expires, err := strconv.ParseInt(text, 10, 64)
	switch {
	case err != nil:
		const message = "You have no right to access this object because of bucket acl."
		return d.xml(http.StatusForbidden, "AccessDenied", message, "0003-00000001"), false
	case raw != signedQuery(d.r.URL.EscapedPath(), expires):
		return d.signatureMismatch(), false
	case d.fault.ExpireURL || d.now.After(time.Unix(expires, 0)):
		const message = "Request has expired."
		return d.xml(http.StatusForbidden, "AccessDenied", message, "0002-00000069"), false
	}
	return answer{}, true
}

func (d *download) signatureMismatch() answer {
	const message = "The request signature we calculated does not match the signature you provided. " +
		"Check your key and signing method."
	return d.xml(http.StatusForbidden, "SignatureDoesNotMatch", message, "0002-00000040")
}

// servePicture draws the picture, without the lock, and returns it or the part that a Range asks
// for.
func (d *download) servePicture() answer {
	data := d.draw()
	sum := crc64.Checksum(data, crc64.MakeTable(crc64.ECMA))
	header := map[string]string{
		"Accept-Ranges": "bytes", "Server": "AliyunOSS",
		"X-Oss-Request-Id": d.requestID, "X-Oss-Object-Type": "Normal",
		"Etag":                 fmt.Sprintf(`"%X"`, md5.Sum(data)),
		"Last-Modified":        d.task.Ended.UTC().Format(http.TimeFormat),
		"X-Oss-Hash-Crc64ecma": strconv.FormatUint(sum, 10),
	}
	if d.fault.BadCRC {
		header["X-Oss-Hash-Crc64ecma"] = strconv.FormatUint(sum^1, 10)
	}
	if d.fault.NoCRC {
		delete(header, "X-Oss-Hash-Crc64ecma")
	}
	if d.fault.FlipByte {
		data = bytes.Clone(data)
		data[len(data)/2] ^= 0x20
	}
	a := answer{status: http.StatusOK, mime: "image/png", header: header, body: data}
	return a.part(d.r.Header.Get("Range"), d.r.Header.Get("If-Range"))
}

func (d *download) draw() []byte {
	t := d.task
	w, h, _ := splitSize(t.Size)
	if d.fault.WrongSize {
		w, h = w/2, h/2
	}
	if d.server.opts.Tiny {
		text := fmt.Sprintf("REHEARSAL task %s picture %d", t.ID, d.picture)
		for _, i := range t.Inputs {
			text += " of " + i.SHA256 + i.URL
		}
		return draw.Blank(w, h, text)
	}
	scene := draw.Scene{Prompt: t.Prompt, Seed: t.Seed + int64(d.picture-1), Width: w, Height: h,
		Watermark: t.Watermark}
	if from := d.server.sketches.of(t.Inputs); from != nil {
		return draw.Edit(scene, from)
	}
	return draw.Poster(scene)
}

// xml returns an error of the picture host and records its code. A fault may ask for one, too.
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
	}{
		Code: code, Message: message, RequestID: c.requestID, HostID: c.server.host.base.Host,
		ServerTime: c.server.Now().UTC().Format("2006-01-02T15:04:05.000Z"), EC: ec,
	}, "", "  ")
	if err != nil {
		panic(err) // unreachable unless the struct holds what XML cannot
	}
	return answer{status: status, mime: "application/xml",
		body: append([]byte(xml.Header), body...)}
}

// part cuts an answer down to one byte range: "bytes=from-", "bytes=from-to" or "bytes=-last". Any
// other Range, and one with an If-Range that names another picture, gets the whole.
func (a answer) part(asked, ifRange string) answer {
	size := len(a.body)
	from, to, ok := byteRange(asked, size)
	changed := ifRange != "" && ifRange != a.header["Etag"] && ifRange != a.header["Last-Modified"]
	if !ok || changed {
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

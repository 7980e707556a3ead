package emulator

import (
	"crypto/hmac"
	"crypto/sha1"
	"encoding/base64"
	"fmt"
	"net/url"
	"strings"
)

// accessKeyID signs result URLs. Neither it nor the key of the signature is a secret.
const accessKeyID = "LTAIrehearsal0000000"

// pictureHost names the pictures of tasks. A URL depends on the seed and the task alone.
type pictureHost struct {
	base *url.URL
	url  string // base as given, without a slash at its end
	seed uint64
}

// object returns the path and the signed query of the i-th picture of a task. The nonce is
// the first one with a + in the signature, so that a client which decodes %2B as a blank always
// fails.
func (h *pictureHost) object(t *Task, i int) (path, query string) {
	for nonce := 0; ; nonce++ {
		path = h.path(t, i, nonce)
		query = signedQuery(h.base.Path+path, t.expiry().Unix())
		if strings.Contains(query, "%2B") {
			return path, query
		}
	}
}

// path ends, as recorded names do, in -1.png for tasks and in the seed for sync calls (CN,
// 2024-03-01 and 2026-06-11).
func (h *pictureHost) path(t *Task, i, nonce int) string {
	r := chance(h.seed, domainObject, int(hash(t.ID)>>1)+nonce*8+i)
	name := fmt.Sprintf("%s-%d", t.RequestID, i+1)
	if t.Source == sourceSync {
		name = fmt.Sprintf("%s%d", t.RequestID, t.Seed+int64(i))
	}
	a, day := r.Uint64(), t.Submitted.In(beijing).Format("20060102")
	return fmt.Sprintf("/%02x/%02x/%s/%08x/%s.png", a&0xff, a>>8&0xff, day, a>>32, name)
}

// signedQuery returns the query that permits a GET of an object until a time: OSS signature
// version 1, in base64 with + / and = escaped. It is compared byte for byte.
func signedQuery(path string, expires int64) string {
	mac := hmac.New(sha1.New, []byte("rehearsal"))
	fmt.Fprintf(mac, "GET\n\n\n%d\n/rehearsal%s", expires, path)
	signature := url.QueryEscape(base64.StdEncoding.EncodeToString(mac.Sum(nil)))
	return fmt.Sprintf("Expires=%d&OSSAccessKeyId=%s&Signature=%s", expires, accessKeyID,
		signature)
}

// find returns the picture at a path, counted from 1, out of those of the task that request made.
func (h *pictureHost) find(path string, byRequest map[string]*Task) (*Task, int) {
	path, ok := strings.CutPrefix(path, h.base.EscapedPath())
	name := path[strings.LastIndexByte(path, '/')+1:]
	if !ok || len(name) < 36 {
		return nil, 0
	}
	t := byRequest[name[:36]]
	if t == nil {
		return nil, 0
	}
	for i := range t.pictures() {
		if p, _ := h.object(t, i); p == path {
			return t, i + 1
		}
	}
	return nil, 0
}

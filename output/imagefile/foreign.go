package imagefile

import (
	"bytes"
	"encoding/xml"
	"image"
	"image/gif"
	"image/jpeg"
	"net/http"
	"strconv"
	"strings"
)

// inspectForeign is [Inspect] for everything but PNG. It detects formats by the rules of
// browsers (WHATWG MIME sniffing), of which the standard library has a part.
func inspectForeign(b []byte) (Picture, error) {
	kind, _, _ := strings.Cut(http.DetectContentType(b), ";")
	switch kind {
	case "image/jpeg":
		return foreignPicture(b, ".jpg", "a JPEG", jpegSize), nil
	case "image/gif":
		return foreignPicture(b, ".gif", "a GIF", gifSize), nil
	case "image/webp":
		return foreignPicture(b, ".webp", "a WebP", webpSize), nil
	case "text/html":
		return Picture{}, damaged("an HTML page in place of a picture")
	case "text/xml":
		return Picture{}, damaged("%s", xmlTrouble(b))
	}
	if strings.HasPrefix(kind, "text/") {
		return Picture{}, textTrouble(b)
	}
	return foreignPicture(b, ".bin", "of a format that is not known", noSize), nil
}

func foreignPicture(b []byte, ext, what string, size func([]byte) (int, int)) Picture {
	width, height := size(b)
	p := newPicture(b, ext, width, height)
	p.warn("it is not a PNG but %s", what)
	return p
}

func noSize([]byte) (int, int) { return 0, 0 }

func jpegSize(b []byte) (int, int) { return configSize(jpeg.DecodeConfig(bytes.NewReader(b))) }

func gifSize(b []byte) (int, int) { return configSize(gif.DecodeConfig(bytes.NewReader(b))) }

func configSize(c image.Config, err error) (int, int) {
	if err != nil {
		return 0, 0
	}
	return c.Width, c.Height
}

// textTrouble describes a text in place of a picture. XML may lack its <?xml.
func textTrouble(b []byte) error {
	switch start := bytes.TrimLeft(b[:min(len(b), 64)], "\xef\xbb\xbf \t\r\n"); {
	case bytes.HasPrefix(start, []byte("<")):
		return damaged("%s", xmlTrouble(b))
	case bytes.HasPrefix(start, []byte("{")):
		return damaged("JSON in place of a picture")
	}
	return damaged("text in place of a picture")
}

// ossCodeLimit is how many bytes of an error code are quoted. The longest known has 40.
const ossCodeLimit = 80

// xmlTrouble quotes the code of an error of the object store,
// <Error><Code>AccessDenied</Code>…, and nothing else: the rest of such an answer may repeat
// the signed query.
func xmlTrouble(b []byte) string {
	var answer struct{ Code string }
	err := xml.Unmarshal(b[:min(len(b), 1<<16)], &answer)
	if err != nil || answer.Code == "" {
		return "XML in place of a picture"
	}
	code := strings.ToValidUTF8(answer.Code[:min(len(answer.Code), ossCodeLimit)], "")
	return "the object store answered " + strconv.QuoteToASCII(code) + " in place of a picture"
}

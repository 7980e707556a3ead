package emulator_test

import (
	"fmt"
	"io"
	"net/http"
	"strings"

	"github.com/qwenbatch/qwenbatch/client/emulator"
)

// A test of any client: send it to the emulator, then look into the books.
func Example() {
	server, err := emulator.New(emulator.Options{Key: "sk-test"})
	if err != nil {
		panic(err)
	}
	defer server.Close()
	served := server.ServeInProcess()
	defer served.Close()
	transport := &http.Transport{DialContext: served.Dial}
	defer transport.CloseIdleConnections()

	body := `{"model":"qwen-image-plus","input":{"prompt":"a cat"},"parameters":{"size":"1328*1328","n":2}}`
	req, err := http.NewRequest("POST", "http://dashscope.test/api/v1/services/aigc/text2image/image-synthesis", strings.NewReader(body))
	if err != nil {
		panic(err)
	}
	req.Header.Set("Authorization", "Bearer sk-test")
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("X-DashScope-Async", "enable")
	resp, err := transport.RoundTrip(req)
	if err != nil {
		panic(err)
	}
	defer resp.Body.Close()
	answer, _ := io.ReadAll(resp.Body)
	fmt.Println(resp.StatusCode, strings.Contains(string(answer), "num_images_per_prompt must be 1"))

	books := server.Books()
	fmt.Println(books.Submissions.Seen, "seen,", books.Submissions.Created, "created,", books.Charges, "charged")
	// Output:
	// 400 true
	// 1 seen, 0 created, 0 charged
}

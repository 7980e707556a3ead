package emulator_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/qwenbatch/qwenbatch/client"
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

// Two test servers of net/http/httptest, where a test has its own way to serve.
func ExampleServer_SetImageURL() {
	server, err := emulator.New(emulator.Options{Speed: 1000, Tiny: true})
	if err != nil {
		panic(err)
	}
	defer server.Close()
	api, images := httptest.NewServer(server.API()), httptest.NewServer(server.Images())
	defer api.Close()
	defer images.Close()
	if err := server.SetImageURL(images.URL); err != nil {
		panic(err)
	}

	c, err := client.New(client.Config{BaseURL: api.URL + "/api/v1", Key: client.NewKey("sk-test"), Poll: time.Millisecond})
	if err != nil {
		panic(err)
	}
	defer c.Close()
	task, err := c.Submit(context.Background(), client.Request{Prompt: "a red fox"})
	if err != nil {
		panic(err)
	}
	if task, err = c.Wait(context.Background(), task); err != nil {
		panic(err)
	}
	for _, url := range task.URLs() {
		_, err := c.Download(context.Background(), url)
		fmt.Println(strings.HasPrefix(url, images.URL), err, server.Books().Charges, "charged")
	}
	// Output: true <nil> 1 charged
}

func TestStart(t *testing.T) {
	var service *emulator.Running
	t.Run("served", func(t *testing.T) {
		service = emulator.Start(t, emulator.Options{Key: "sk-one", Speed: 1000, Tiny: true})
		for key, want := range map[string]int{service.Key: http.StatusOK, "sk-other": http.StatusUnauthorized} {
			req, err := http.NewRequest("GET", service.BaseURL+"/tasks", nil)
			if err != nil {
				t.Fatal(err)
			}
			req.Header.Set("Authorization", "Bearer "+key)
			resp, err := http.DefaultClient.Do(req)
			if err != nil {
				t.Fatal(err)
			}
			resp.Body.Close()
			if resp.StatusCode != want {
				t.Errorf("%s: HTTP %d, want %d", key, resp.StatusCode, want)
			}
		}
	})
	if resp, err := http.Get(service.BaseURL + "/tasks"); err == nil {
		resp.Body.Close()
		t.Error("served after the end of the test")
	}
}

package client_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log"
	"time"

	"github.com/qwenbatch/qwenbatch/client"
	"github.com/qwenbatch/qwenbatch/client/emulator"
)

// rehearsal starts the service in the same process, so that the examples cost nothing. With the real one a client needs
// only a key: client.FromEnv().
func rehearsal() (c *client.Client, end func()) {
	service, err := emulator.New(emulator.Options{Speed: 1000, Tiny: true, Seed: 1})
	if err != nil {
		log.Fatal(err)
	}
	inside := service.ServeInProcess()
	c, err = client.New(client.Config{BaseURL: "http://localhost/api/v1", Key: client.NewKey("sk-rehearsal"), Dial: inside.Dial, Poll: time.Millisecond})
	if err != nil {
		log.Fatal(err)
	}
	return c, func() { c.Close(); inside.Close(); service.Close() }
}

// A picture over the asynchronous interface: submit, wait, fetch.
func Example() {
	c, end := rehearsal() // client.FromEnv() for the real service
	defer end()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()

	task, err := c.Submit(ctx, client.Request{Prompt: "a red fox"})
	if err != nil {
		log.Fatal(err)
	}
	task, err = c.Wait(ctx, task)
	if err != nil {
		log.Fatal(err)
	}
	for _, url := range task.URLs() {
		picture, err := c.Download(ctx, url)
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(task.Status, task.Images, bytes.HasPrefix(picture, []byte("\x89PNG")))
	}
	// Output: SUCCEEDED 1 true
}

// The states of a task, as they come.
func ExampleClient_Watch() {
	c, end := rehearsal()
	defer end()
	task, err := c.Submit(context.Background(), client.Request{Prompt: "a red fox"})
	if err != nil {
		log.Fatal(err)
	}
	last := task.Status
	for state, err := range c.Watch(context.Background(), task) {
		if err != nil {
			log.Fatal(err)
		}
		last = state.Status
	}
	fmt.Println(last)
	// Output: SUCCEEDED
}

// One call, one answer; what gets lost on the way cannot be found again.
func ExampleClient_Generate() {
	c, end := rehearsal()
	defer end()
	task, err := c.Generate(context.Background(), client.Request{Model: "qwen-image-max", Prompt: "a red fox", Size: "1664*928"})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(task.Status, len(task.Results))
	// Output: SUCCEEDED 1
}

// What an error of Submit says about money.
func ExampleClient_Submit_errors() {
	c, end := rehearsal()
	end() // nobody listens any more
	_, err := c.Submit(context.Background(), client.Request{Model: "qwen-image-plus", Prompt: "a red fox"})
	var refusal *client.APIError
	switch {
	case errors.Is(err, client.ErrInDoubt):
		fmt.Println("a task may exist: look for it in the list before sending again")
	case errors.Is(err, client.ErrNotSent):
		fmt.Println("nothing was created: send again")
	case errors.As(err, &refusal):
		fmt.Println("nothing was created:", refusal.Reach())
	}
	// Output: nothing was created: send again
}

// The account's tasks of the last 24 hours, over all pages.
func ExampleClient_Tasks() {
	c, end := rehearsal()
	defer end()
	ctx := context.Background()
	for _, prompt := range []string{"a red fox", "a blue fox"} {
		if _, err := c.Submit(ctx, client.Request{Model: "qwen-image-plus", Prompt: prompt, Size: "1328*1328"}); err != nil {
			log.Fatal(err)
		}
	}
	n := 0
	for task, err := range c.Tasks(ctx, client.Filter{Model: "qwen-image-plus", PageSize: 1}) {
		if err != nil {
			log.Fatal(err)
		}
		n++
		_ = task.ID
	}
	fmt.Println(n, "tasks")
	// Output: 2 tasks
}

func ExampleModel_Size() {
	m := client.LookupModel("qwen-image-plus")
	for _, said := range []string{"", "16:9", "1328x1328", "1024*1024"} {
		size, err := m.Size(said)
		fmt.Printf("%q %v %v\n", said, size, err)
	}
	// Output:
	// "" 1664*928 <nil>
	// "16:9" 1664*928 <nil>
	// "1328x1328" 1328*1328 <nil>
	// "1024*1024" 0*0 1024*1024 is not offered by qwen-image-plus; nearest: 1328*1328 (1:1)
}

func ExampleModel_Price() {
	singapore, _ := client.LookupRegion("singapore")
	m := client.LookupModel("qwen-image-3.0-pro")
	fmt.Println(m.Price(singapore, client.Size{W: 1328, H: 1328}), m.Price(singapore, client.Size{W: 2048, H: 2048}))
	// Output: 0.299768 0.562065
}

func ExampleKey() {
	key := client.NewKey("sk-0123456789abcdef")
	fmt.Printf("%v %+v %#v\n", key, client.Config{Key: key}.Key, key)
	// Output: [redacted] [redacted] [redacted]
}

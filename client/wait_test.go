package client_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/qwenbatch/qwenbatch/client"
	"github.com/qwenbatch/qwenbatch/client/emulator"
)

// inside starts a service at the speed of life and a client of it, inside a bubble whose time is simulated.
func inside(t *testing.T, o emulator.Options, c client.Config) (*client.Client, *emulator.Server) {
	t.Helper()
	o.Tiny = true
	service, err := emulator.New(o)
	if err != nil {
		t.Fatal(err)
	}
	served := service.ServeInProcess()
	c.BaseURL, c.Key, c.Dial = "http://localhost/api/v1", client.NewKey("sk-test-0123456789"), served.Dial
	got, err := client.New(c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { got.Close(); served.Close(); service.Close() })
	return got, service
}

// failure mode A35: a wait has an end, whatever the service says of its task.
func TestWaitEnds(t *testing.T) {
	for name, tt := range map[string]struct {
		fault emulator.Fault
		want  error
		code  string
	}{
		"SUCCEEDED": {}, "UNKNOWN": {fault: emulator.Fault{Unknown: true}, want: client.ErrUnknownTask},
		"no picture": {fault: emulator.Fault{NoResults: true}, want: client.ErrNoPicture}, "CANCELED": {fault: emulator.Fault{TaskStatus: "CANCELED"}, want: client.ErrCanceled},
		"FAILED": {fault: emulator.Fault{FailCode: "DataInspectionFailed"}, code: "DataInspectionFailed"}, "key": {fault: emulator.Fault{Code: "InvalidApiKey"}, code: "InvalidApiKey"},
		"no answer": {fault: emulator.Fault{LoseAnswer: true}, want: errAny}, "500": {fault: emulator.Fault{Status: 500}, want: client.ErrUnreadable},
	} {
		synctest.Test(t, func(t *testing.T) {
			submitted := false
			c, _ := inside(t, emulator.Options{Fault: func(call emulator.Call) emulator.Fault {
				if call.Op == "submit" {
					return emulator.Fault{FailCode: tt.fault.FailCode}
				}
				return tt.fault
			}}, client.Config{})
			ctx, cancel := context.WithTimeout(t.Context(), 10*time.Minute)
			defer cancel()
			task, err := c.Submit(ctx, client.Request{Prompt: "a red fox"})
			if submitted = err == nil; !submitted {
				t.Fatal(err)
			}
			task, err = c.Wait(ctx, task)
			var api *client.APIError
			switch {
			case ctx.Err() != nil:
				t.Errorf("%s: the wait goes on for ever", name)
			case tt.code != "":
				if !errors.As(err, &api) || api.Code != tt.code {
					t.Errorf("%s: Wait = %v, want %s", name, err, tt.code)
				}
			case tt.want == errAny && err != nil:
			case !errors.Is(err, tt.want):
				t.Errorf("%s: Wait = %v, %v, want %v", name, task, err, tt.want)
			case err == nil && len(task.URLs()) != 1:
				t.Errorf("%s: %d URLs, want 1", name, len(task.URLs()))
			}
		})
	}
}

var errAny = errors.New("any")

// The states come in order, each once; and a break ends the iterator.
func TestWatch(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, service := inside(t, emulator.Options{}, client.Config{})
		task, err := c.Submit(t.Context(), client.Request{Prompt: "a red fox [[pending:20s]]"})
		if err != nil {
			t.Fatal(err)
		}
		var states []client.Status
		for state, err := range c.Watch(t.Context(), client.Task{ID: task.ID}) {
			if err != nil {
				t.Fatal(err)
			}
			states = append(states, state.Status)
		}
		if want := []client.Status{client.Pending, client.Running, client.Succeeded}; !slices.Equal(states, want) {
			t.Errorf("states %v, want %v", states, want)
		}
		before := service.Books().Tasks[0].Queries
		for range c.Watch(t.Context(), client.Task{ID: task.ID}) {
			break
		}
		if got := service.Books().Tasks[0].Queries - before; got != 1 {
			t.Errorf("%d questions after a break, want 1", got)
		}
	})
}

// An answer or two that know nothing of the task, a lost one and a refusal for the pace do not end a wait.
func TestWaitOutlastsWhatPasses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		faults := []emulator.Fault{{Unknown: true}, {LoseAnswer: true}, {Code: "Throttling.RateQuota"}, {NoResults: true}, {Status: 503}, {Garbage: true}}
		c, _ := inside(t, emulator.Options{Fault: func(call emulator.Call) (f emulator.Fault) {
			if call.Op == "query" && len(faults) > 0 {
				f, faults = faults[0], faults[1:]
			}
			return f
		}}, client.Config{})
		task, err := c.Submit(t.Context(), client.Request{Prompt: "a red fox"})
		if err != nil {
			t.Fatal(err)
		}
		if task, err = c.Wait(t.Context(), task); err != nil || len(faults) != 0 {
			t.Errorf("Wait = %v, %v; %d faults left", task, err, len(faults))
		}
	})
}

// 40 waits side by side ask no more than the account may, and seldom: a client that has waited for some tasks knows when to ask.
func TestWaitIsPolite(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, service := inside(t, emulator.Options{Seed: 1, Quota: func(model string) (emulator.Quota, bool) {
			return emulator.Quota{}, model != ""
		}}, client.Config{})
		for round, want := range []int{6, 3, 3} {
			before, begun := 0, time.Now()
			for _, task := range service.Books().Tasks {
				before += task.Queries
			}
			var all sync.WaitGroup
			for i := range 40 {
				all.Go(func() {
					task, err := c.Submit(t.Context(), client.Request{Prompt: fmt.Sprintf("a red fox, %d", i)})
					if err == nil {
						_, err = c.Wait(t.Context(), task)
					}
					if err != nil {
						t.Error(err)
					}
				})
			}
			all.Wait()
			took := time.Since(begun)
			queries := -before
			for _, task := range service.Books().Tasks {
				queries += task.Queries
			}
			t.Logf("round %d: %.1f questions a task, %v", round, float64(queries)/40, took)
			if queries > want*40 {
				t.Errorf("round %d: %.1f questions a task, want at most %d", round, float64(queries)/40, want)
			}
		}
		if n := service.Books().Refusals["Throttling.RateQuota"]; n != 0 {
			t.Errorf("%d questions refused for their rate, want none", n)
		}
	})
}

// Reads are tried again as often as was asked for, submissions never.
func TestReadRetries(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		calls, fail := map[string]int{}, map[string]int{}
		var mu sync.Mutex
		c, _ := inside(t, emulator.Options{Fault: func(call emulator.Call) emulator.Fault {
			mu.Lock()
			defer mu.Unlock()
			calls[call.Op]++
			if fail[call.Op]--; fail[call.Op] >= 0 {
				return emulator.Fault{Status: 503}
			}
			return emulator.Fault{}
		}}, client.Config{ReadRetries: 2})
		fail["submit"] = 1
		if _, err := c.Submit(t.Context(), client.Request{Prompt: "a red fox"}); !errors.Is(err, client.ErrInDoubt) || calls["submit"] != 1 {
			t.Fatalf("Submit = %v after %d calls, want a doubt after 1", err, calls["submit"])
		}
		task, err := c.Submit(t.Context(), client.Request{Prompt: "a red fox"})
		if err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Minute)
		fail["query"], fail["list"], fail["image"] = 2, 3, 2
		task, err = c.Task(t.Context(), task.ID)
		if err != nil || calls["query"] != 3 {
			t.Errorf("Task = %v after %d calls, want an answer after 3", err, calls["query"])
		}
		if _, err := c.TaskPage(t.Context(), client.Filter{}, 1); err == nil || calls["list"] != 3 {
			t.Errorf("TaskPage = %v after %d calls, want an error after 3", err, calls["list"])
		}
		for _, u := range task.URLs() {
			if body, err := c.Download(t.Context(), u); err != nil || len(body) == 0 || calls["image"] != 3 {
				t.Errorf("Download = %d bytes, %v after %d calls, want a picture after 3", len(body), err, calls["image"])
			}
		}
		if !strings.Contains(string(task.Raw()), task.ID) {
			t.Errorf("Raw = %s, want the answer", task.Raw())
		}
	})
}

// A tracing transport sees each request of each kind; one that goes its own way leaves every error in doubt.
func TestTransportHook(t *testing.T) {
	var mu sync.Mutex
	var seen []string
	synctest.Test(t, func(t *testing.T) {
		c, _ := inside(t, emulator.Options{}, client.Config{Transport: func(base *http.Transport) http.RoundTripper {
			return roundTrip(func(r *http.Request) (*http.Response, error) {
				mu.Lock()
				defer mu.Unlock()
				seen = append(seen, r.Method+" "+r.URL.Host)
				return base.RoundTrip(r)
			})
		}})
		task, err := c.Submit(t.Context(), client.Request{Prompt: "a red fox"})
		if err == nil {
			task, err = c.Wait(t.Context(), task)
		}
		for _, u := range task.URLs() {
			_, err = c.Download(t.Context(), u)
		}
		if err != nil {
			t.Fatal(err)
		}
	})
	for _, want := range []string{"POST localhost", "GET localhost", "GET pictures.localhost"} {
		if !slices.Contains(seen, want) {
			t.Errorf("seen %v, want %s", seen, want)
		}
	}
	c, err := client.New(client.Config{Key: client.NewKey("sk-test"), Transport: func(*http.Transport) http.RoundTripper {
		return roundTrip(func(r *http.Request) (*http.Response, error) { return nil, errors.New("the other way is cut") })
	}})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if _, err := c.Submit(t.Context(), client.Request{Prompt: "a red fox"}); !errors.Is(err, client.ErrInDoubt) {
		t.Errorf("Submit over another transport = %v, want a doubt", err)
	}
}

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func TestFromEnv(t *testing.T) {
	t.Setenv("DASHSCOPE_API_KEY", " ")
	if _, err := client.FromEnv(); !errors.Is(err, client.ErrNoKey) {
		t.Errorf("FromEnv = %v, want ErrNoKey", err)
	}
	t.Setenv("DASHSCOPE_API_KEY", "sk-test\n")
	t.Setenv("DASHSCOPE_HTTP_BASE_URL", "")
	t.Setenv("DASHSCOPE_WORKSPACE_ID", "llm-1")
	c, err := client.FromEnv()
	if err != nil || c.BaseURL() != "https://dashscope.aliyuncs.com/api/v1" {
		t.Fatalf("FromEnv = %v, %v", c, err)
	}
	t.Setenv("DASHSCOPE_HTTP_BASE_URL", "https://dashscope-intl.aliyuncs.com/api/v1")
	if config, err := client.ConfigFromEnv(); err != nil || config.Workspace != "llm-1" || config.BaseURL != "https://dashscope-intl.aliyuncs.com/api/v1" {
		t.Errorf("ConfigFromEnv = %+v, %v", config, err)
	}
}

package client

import (
	"context"
	"errors"
	"io"
	"net/http"
	"testing"
	"time"
)

// documentedLimits is the sample of the vendor's page (LIM, 2026-09-28), with one limit of a workspace.
const documentedLimits = `{"code":null,"message":null,"success":true,"output":{"total":453,"page_no":1,"page_size":10,"quotas":[{"model":"wan2.6-i2v-flash","workspace_id":"llm-8l75168qayuhsr3o","model_limit":{"request_limit":5,"request_limit_period":1,"usage_limit":null,"usage_limit_field":null,"usage_limit_period":null,"async_user_queue_limit":500,"async_user_concurrency_limit":5},"workspace_limit":null},{"model":"qwen-image-max","workspace_id":"llm-8l75168qayuhsr3o","model_limit":{"request_limit":2,"request_limit_period":60,"usage_limit":1000000,"usage_limit_field":"total_tokens","usage_limit_period":60,"async_user_queue_limit":null,"async_user_concurrency_limit":null},"workspace_limit":null},{"model":"a","model_limit":{"request_limit":2,"request_limit_period":1},"workspace_limit":{"request_limit":30,"request_limit_period":60}},{"model":"b","model_limit":{"request_limit":2,"request_limit_period":60},"workspace_limit":{"request_limit":1,"request_limit_period":1}},{"model":"c","workspace_id":"x\u001b[0m\n","model_limit":{"request_limit":-1,"request_limit_period":9000000000,"async_user_queue_limit":90000000000}}]},"request_id":"2043b55f-f0d2-95ee-a449-234e1ee57042"}`

func TestDecodeLimits(t *testing.T) {
	const workspace = "llm-8l75168qayuhsr3o"
	for _, want := range []Limits{
		{"wan2.6-i2v-flash", workspace, 5, time.Second, 5, 500}, {"qwen-image-max", workspace, 2, time.Minute, 0, 0},
		{"a", "", 30, time.Minute, 0, 0}, {"b", "", 1, time.Second, 0, 0}, {"c", "x[0m", 0, 0, 0, 0},
	} {
		if got, ok, err := says(t, 200, documentedLimits).Limits(context.Background(), want.Model); got != want || !ok || err != nil {
			t.Errorf("Limits(%s) = %+v, %v, %v, want %+v", want.Model, got, ok, err, want)
		}
	}
	if got, ok, err := says(t, 200, documentedLimits).Limits(context.Background(), "else"); ok || err != nil {
		t.Errorf("Limits(else) = %+v, %v, %v, want nothing told", got, ok, err)
	}
}

func TestLimitsAskedTwice(t *testing.T) {
	for _, tt := range []struct {
		status int
		body   string
		paths  string
	}{
		{404, `{"code":"NotFound","message":"Request path not found."}`, "/api/v1/models/limits /api/v1/quotas "},
		{404, "<html>", "/api/v1/models/limits /api/v1/quotas "},
		{401, `{"code":"InvalidApiKey","message":"x"}`, "/api/v1/models/limits "},
		{200, `{"code":"AccessDenied","message":"x"}`, "/api/v1/models/limits "},
		{200, "<html>", "/api/v1/models/limits "},
	} {
		asked := ""
		c := serve(t, func(w http.ResponseWriter, r *http.Request) {
			asked += r.URL.Path + " "
			w.WriteHeader(tt.status)
			io.WriteString(w, tt.body)
		})
		_, ok, err := c.Limits(context.Background(), "a")
		var api *APIError
		if ok || !errors.Is(err, ErrUnreadable) && !errors.As(err, &api) || asked != tt.paths {
			t.Errorf("HTTP %d %s: Limits = %v, %v, asked %s, want %s", tt.status, tt.body, ok, err, asked, tt.paths)
		}
	}
}

package emulator

import "time"

// The service's JSON, not shared with the client, so that a wrong name on one side fails a test.
// Members that the service omits are omitted.

type wireError struct {
	Code      string `json:"code"`
	Message   string `json:"message"`
	RequestID string `json:"request_id"`
}

type wireAnswer struct {
	RequestID string     `json:"request_id"`
	Output    wireOutput `json:"output"`
	Usage     any        `json:"usage,omitempty"`
}

type wireOutput struct {
	TaskID        string       `json:"task_id,omitempty"`
	TaskStatus    string       `json:"task_status,omitempty"`
	SubmitTime    string       `json:"submit_time,omitempty"`
	ScheduledTime string       `json:"scheduled_time,omitempty"`
	EndTime       string       `json:"end_time,omitempty"`
	Code          string       `json:"code,omitempty"`
	Message       string       `json:"message,omitempty"`
	Results       []wireResult `json:"results,omitempty"`
	TaskMetrics   *wireMetrics `json:"task_metrics,omitempty"` // of tasks
	TaskMetric    *wireMetrics `json:"task_metric,omitempty"`  // of sync answers
	RewriteStatus string       `json:"rewrite_status,omitempty"`
	Finished      bool         `json:"finished,omitempty"`
	Choices       []wireChoice `json:"choices,omitempty"`
}

type wireResult struct {
	OrigPrompt   string `json:"orig_prompt,omitempty"`
	ActualPrompt string `json:"actual_prompt,omitempty"`
	URL          string `json:"url,omitempty"`
	Code         string `json:"code,omitempty"`
	Message      string `json:"message,omitempty"`
}

type wireMetrics struct {
	Total     int `json:"TOTAL"`
	Succeeded int `json:"SUCCEEDED"`
	Failed    int `json:"FAILED"`
}

type wireChoice struct {
	FinishReason string      `json:"finish_reason"`
	Message      wireMessage `json:"message"`
}

type wireMessage struct {
	Role             string        `json:"role"`
	Content          []wireContent `json:"content"`
	ReasoningContent *string       `json:"reasoning_content,omitempty"`
}

type wireContent struct {
	Image string `json:"image,omitempty"`
	Text  string `json:"text,omitempty"`
	Type  string `json:"type,omitempty"`
}

type usageCount struct {
	ImageCount int `json:"image_count"`
}

type usageSize struct {
	Width      int `json:"width"`
	Height     int `json:"height"`
	ImageCount int `json:"image_count"`
}

type usageOutput struct {
	OutputWidth      int    `json:"output_width"`
	OutputHeight     int    `json:"output_height"`
	InputImageCount  int    `json:"input_image_count"`
	InputImageType   string `json:"input_image_type"`
	OutputImageCount int    `json:"output_image_count"`
	OutputImageType  string `json:"output_image_type"`
}

type usageTokens struct {
	Size         string `json:"size,omitempty"`
	Width        int    `json:"width,omitempty"`
	Height       int    `json:"height,omitempty"`
	ImageCount   int    `json:"image_count"`
	InputTokens  int    `json:"input_tokens"`
	OutputTokens int    `json:"output_tokens"`
	TotalTokens  int    `json:"total_tokens"`
}

type wireList struct {
	Total     int       `json:"total"`
	Data      []wireRow `json:"data"`
	TotalPage int       `json:"total_page"`
	PageNo    int       `json:"page_no"`
	RequestID string    `json:"request_id"`
	PageSize  int       `json:"page_size"`
}

// wireRow is a line of the list: no result, no prompt, no error (CN, recorded; TASK, 2026-05).
type wireRow struct {
	APIKeyID         string `json:"api_key_id"`
	CallerParentID   string `json:"caller_parent_id"`
	CallerUID        string `json:"caller_uid"`
	EndTime          int64  `json:"end_time,omitempty"`
	GmtCreate        int64  `json:"gmt_create"`
	ModelName        string `json:"model_name"`
	Region           string `json:"region"`
	RequestID        string `json:"request_id"` // of the submission
	StartTime        int64  `json:"start_time,omitempty"`
	Status           string `json:"status"`
	TaskID           string `json:"task_id"`
	UserAPIUniqueKey string `json:"user_api_unique_key"`
}

// beijing is the zone of the service's time strings, which name none (CN, recorded 2024-03-01).
var beijing = time.FixedZone("UTC+8", 8*60*60)

// stamp formats a time as task answers do, and the zero time as "".
func stamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.In(beijing).Format("2006-01-02 15:04:05.000")
}

package emulator

import (
	"net/http"
	"strings"
	"time"
	"unicode"
)

// query answers GET tasks/{id}. Every state is a 200 (CN, recorded).
func (c *call) query() answer {
	if r := firstRefusal(c.authenticate(), c.admitQuery()); r != nil {
		c.entry.Task = ""
		return c.refuse(r)
	}
	id := c.info.TaskID
	out := wireAnswer{RequestID: c.requestID, Output: wireOutput{TaskID: id, TaskStatus: unknown}}
	t := c.s.account.byID[id]
	if t == nil || t.Source != sourceAsync || c.fault.Unknown || t.statusAt(c.now) == unknown {
		return c.json(http.StatusOK, out)
	}
	out = c.taskAnswer(t)
	c.distort(&out)
	return c.json(http.StatusOK, out)
}

// distort does to a task's answer what the call's fault says.
func (c *call) distort(out *wireAnswer) {
	if c.fault.WrongTask {
		out.Output.TaskID = uuid(chance(c.s.opts.Seed, domainFault, c.info.N))
	}
	if c.fault.TaskStatus != "" {
		out.Output.TaskStatus = c.fault.TaskStatus
	}
	if c.fault.NoResults {
		out.Output.Results, out.Output.Choices = nil, nil
	}
}

// taskAnswer is a task's state as a query tells it.
func (c *call) taskAnswer(t *Task) wireAnswer {
	status := t.statusAt(c.now)
	out := wireOutput{TaskID: t.ID, TaskStatus: status, SubmitTime: stamp(t.Submitted), ScheduledTime: stamp(t.Scheduled)}
	a := wireAnswer{RequestID: c.requestID}
	f := t.model().family
	metered := f == familyWan || f == familyWanx
	switch status {
	case running:
		if metered {
			out.TaskMetrics = &wireMetrics{Total: t.N}
		}
	case canceled, failed:
		out.EndTime = stamp(t.Ended)
		out.Code, out.Message = t.FailCode, t.FailMessage
		if metered && status == failed {
			out.TaskMetrics = &wireMetrics{Total: t.N, Failed: t.N}
		}
	case succeeded:
		out.EndTime = stamp(t.Ended)
		if metered {
			out.TaskMetrics = t.metrics()
		}
		c.results(t, &out)
		a.Usage = t.usage()
	}
	a.Output = out
	return a
}

func (t *Task) model() *modelSpec {
	m, ok := modelNamed(t.Model)
	if !ok {
		return &modelSpec{} // unreachable unless the books were written by another version
	}
	return m
}

func (t *Task) metrics() *wireMetrics {
	return &wireMetrics{Total: t.N, Succeeded: t.pictures(), Failed: t.N - t.pictures()}
}

// results fills in the pictures of a task in its family's form.
func (c *call) results(t *Task, out *wireOutput) {
	switch f := t.model().family; f {
	case familyQwen3, familyWan26:
		out.Choices = c.choices(t, "image")
		out.Finished = f == familyWan26
		if f == familyQwen3 && !t.PromptExtend {
			out.RewriteStatus = "not_use" // QI3, 2026-08; the other values are not known
		}
	default:
		for i := range t.N {
			out.Results = append(out.Results, c.result(t, i, f))
		}
	}
}

// result is one element of results. actual_prompt is there only if the prompt was extended (QI, 2025-09).
func (c *call) result(t *Task, i int, f family) wireResult {
	if i >= t.pictures() {
		return wireResult{Code: t.PartCode, Message: partMessage(t.PartCode)}
	}
	r := wireResult{URL: c.pictureURL(t, i)}
	if f != familyWanx {
		r.OrigPrompt = t.seenPrompt()
		if t.PromptExtend {
			r.ActualPrompt = extended(r.OrigPrompt)
		}
	}
	return r
}

// partMessage is what a picture that failed alone says; the filter speaks of the output then (TASK, 2026-05).
func partMessage(code string) string {
	if code == "DataInspectionFailed" {
		return "Output data may contain inappropriate content."
	}
	return refusalOf(code, "").message
}

// seenPrompt is the prompt as the model saw it.
func (t *Task) seenPrompt() string { return cutAt(t.Prompt, t.model().promptLimit) }

// extended stands for what the service's language model makes of a prompt.
func extended(prompt string) string {
	if strings.ContainsFunc(prompt, func(r rune) bool { return unicode.Is(unicode.Han, r) }) {
		return prompt + " 整体画面光线柔和，构图均衡，层次分明，色彩和谐，细节清晰。"
	}
	return prompt + " The scene is softly lit and evenly composed, with clear layers, harmonious colours and crisp detail."
}

// choices is the form of the newer interfaces: all pictures in one choice (QIE, WAN27; 2026-05).
func (c *call) choices(t *Task, kind string) []wireChoice {
	m := wireMessage{Role: "assistant"}
	for i := range t.pictures() {
		m.Content = append(m.Content, wireContent{Image: c.pictureURL(t, i), Type: kind})
	}
	if t.model().family == familyZ {
		m.Content = append(m.Content, wireContent{Text: t.Prompt})
		m.ReasoningContent = new(string)
	}
	return []wireChoice{{FinishReason: "stop", Message: m}}
}

// usage counts what is charged, in the family's form.
func (t *Task) usage() any {
	w, h, _ := splitSize(t.Size)
	switch f := t.model().family; {
	case f == familyQwen3:
		kind := "qima_output_1k"
		if w*h > 2_250_000 {
			kind = "qima_output_2k"
		}
		return usageOutput{OutputWidth: w, OutputHeight: h, InputImageType: "qima_input_1k", OutputImageCount: t.pictures(), OutputImageType: kind}
	case f == familyWan26:
		return usageTokens{Size: t.Size, ImageCount: t.pictures(), InputTokens: 1, OutputTokens: 2, TotalTokens: 3}
	case f == familyZ:
		return usageTokens{Width: w, Height: h, ImageCount: t.pictures(), InputTokens: 1, OutputTokens: 2, TotalTokens: 3}
	case t.Source == sourceSync:
		return usageSize{Width: w, Height: h, ImageCount: t.pictures()}
	}
	return usageCount{ImageCount: t.pictures()}
}

// syncAnswer is what a sync call is told at its end. Failure is an HTTP error there, and costs nothing.
func (c *call) syncAnswer(t *Task) answer {
	if t.FailCode != "" {
		r := refusalOf(t.FailCode, t.FailMessage)
		return c.json(r.status, wireError{Code: r.code, Message: r.message, RequestID: c.requestID})
	}
	out := wireOutput{Choices: c.choices(t, "")}
	if f := t.model().family; f == familyQwen {
		out.TaskMetric = t.metrics()
	} else {
		out.Finished = f == familyWan26
	}
	return c.json(http.StatusOK, wireAnswer{RequestID: c.requestID, Output: out, Usage: t.usage()})
}

// expiry is when the URLs of a task's pictures end: 24 h after the task (QI, 2025-09; 7 days were recorded once, CN
// 2026-06-11).
func (t *Task) expiry() time.Time { return t.Ended.Add(taskLife) }

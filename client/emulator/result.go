package emulator

import (
	"strings"
	"time"
	"unicode"
)

// result returns the state of a task in the form of its model's family. urls are those of its
// pictures if it has succeeded.
func (t *Task) result(now time.Time, urls []string) wireAnswer {
	status := t.statusAt(now)
	out := wireOutput{TaskID: t.ID, TaskStatus: status,
		SubmitTime: stamp(t.Submitted), ScheduledTime: stamp(t.Scheduled)}
	var a wireAnswer
	f := t.model().family
	hasMetrics := f == familyWan || f == familyWanx
	switch status {
	case running:
		if hasMetrics {
			out.TaskMetrics = &wireMetrics{Total: t.N}
		}
	case canceled, failed:
		out.EndTime = stamp(t.Ended)
		out.Code, out.Message = t.FailCode, t.FailMessage
		if hasMetrics && status == failed {
			out.TaskMetrics = &wireMetrics{Total: t.N, Failed: t.N}
		}
	case succeeded:
		out.EndTime = stamp(t.Ended)
		if hasMetrics {
			out.TaskMetrics = t.metrics()
		}
		t.addPictures(&out, urls)
		a.Usage = t.usage()
	}
	a.Output = out
	return a
}

// syncResult returns the result of a sync call that has succeeded.
func (t *Task) syncResult(urls []string) wireAnswer {
	out := wireOutput{Choices: t.choices(urls, "")}
	if f := t.model().family; f == familyQwen {
		out.TaskMetric = t.metrics()
	} else {
		out.Finished = f == familyWan26
	}
	return wireAnswer{Output: out, Usage: t.usage()}
}

func (t *Task) metrics() *wireMetrics {
	return &wireMetrics{Total: t.N, Succeeded: t.pictures(), Failed: t.N - t.pictures()}
}

// addPictures adds choices or results, as the family has them.
func (t *Task) addPictures(out *wireOutput, urls []string) {
	switch f := t.model().family; f {
	case familyQwen3, familyWan26:
		out.Choices = t.choices(urls, "image")
		out.Finished = f == familyWan26
		if f == familyQwen3 && !t.PromptExtend {
			out.RewriteStatus = "not_use" // QI3, 2026-08; the other values are not known
		}
	default:
		for _, url := range urls {
			out.Results = append(out.Results, t.pictureResult(url, f))
		}
		for range t.N - len(urls) {
			failure := wireResult{Code: t.PartCode, Message: partMessage(t.PartCode)}
			out.Results = append(out.Results, failure)
		}
	}
}

// pictureResult is one element of results. It has actual_prompt only if the prompt was extended
// (QI, 2025-09).
func (t *Task) pictureResult(url string, f family) wireResult {
	r := wireResult{URL: url}
	if f != familyWanx {
		r.OrigPrompt = cutAt(t.Prompt, t.model().promptLimit)
		if t.PromptExtend {
			r.ActualPrompt = extended(r.OrigPrompt)
		}
	}
	return r
}

// partMessage is the message of a picture that failed alone. The content filter then speaks of the
// output (TASK, 2026-05).
func partMessage(code string) string {
	if code == "DataInspectionFailed" {
		return "Output data may contain inappropriate content."
	}
	return refusalOf(code, "").message
}

// extended stands for what the service's language model makes of a prompt.
func extended(prompt string) string {
	isHan := func(r rune) bool { return unicode.Is(unicode.Han, r) }
	if strings.ContainsFunc(prompt, isHan) {
		return prompt + " 整体画面光线柔和，构图均衡，层次分明，色彩和谐，细节清晰。"
	}
	return prompt + " The scene is softly lit and evenly composed, with clear layers, " +
		"harmonious colours and crisp detail."
}

// choices is the form of the newer interfaces: all pictures in one choice (QIE, WAN27; 2026-05).
func (t *Task) choices(urls []string, kind string) []wireChoice {
	m := wireMessage{Role: "assistant"}
	for _, url := range urls {
		m.Content = append(m.Content, wireContent{Image: url, Type: kind})
	}
	if t.model().family == familyZ {
		m.Content = append(m.Content, wireContent{Text: t.Prompt})
		m.ReasoningContent = new(string)
	}
	return []wireChoice{{FinishReason: "stop", Message: m}}
}

// usage counts what is charged, in the form of the family.
func (t *Task) usage() any {
	w, h, _ := splitSize(t.Size)
	n := t.pictures()
	switch f := t.model().family; {
	case f == familyQwen3:
		tier := "1k"
		if w*h > 2_250_000 {
			tier = "2k"
		}
		return usageOutput{OutputWidth: w, OutputHeight: h, InputImageCount: len(t.Inputs),
			InputImageType: "qima_input_" + tier, OutputImageCount: n,
			OutputImageType: "qima_output_" + tier}
	case f == familyWan26:
		return usageTokens{Size: t.Size, ImageCount: n, InputTokens: 1, OutputTokens: 2,
			TotalTokens: 3}
	case f == familyZ:
		return usageTokens{Width: w, Height: h, ImageCount: n,
			InputTokens: 1, OutputTokens: 2, TotalTokens: 3}
	case t.Source == sourceSync:
		return usageSize{Width: w, Height: h, ImageCount: n}
	}
	return usageCount{ImageCount: n}
}

package download

import (
	"testing"
	"time"

	"github.com/qwenbatch/qwenbatch/batch/state"
	"github.com/qwenbatch/qwenbatch/client"
)

func BenchmarkTexts(b *testing.B) {
	at := time.Date(2026, 11, 1, 8, 0, 0, 123456789, time.UTC)
	prompt := "picture 1 of a quiet harbour at dawn, fishing boats, light fog, seen from the pier"
	rec := state.Record{Key: state.NewKey("2", state.Fingerprint{}, 1).String(), ID: "1", Name: "1", Sent: state.Request{Model: "qwen-image-plus", Prompt: prompt, Size: "1328*1328", Seed: 1234567890, N: 1},
		Task: "7a1f4d6c-3b52-4a0e-9c55-000000000001", Request: "0d9e8b7a-6c5d-9e4f-a3b2-000000000001", Submitted: at, ActualPrompt: prompt + ", 晨雾中的港口"}
	s := &Saver{Price: func(state.Request) client.Money { return 200_000 }}
	b.ReportAllocs()
	for b.Loop() {
		s.texts(&rec, 0)
	}
}

package batch

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/qwenbatch/qwenbatch/batch/pictures"
	"github.com/qwenbatch/qwenbatch/batch/state"
	"github.com/qwenbatch/qwenbatch/client/emulator"
	"github.com/qwenbatch/qwenbatch/output/imagefile"
)

// texts are those of a picture, by their keywords.
func (s *scene) texts(picture string) map[string]string {
	s.t.Helper()
	b, there := s.disk.Content(picture)
	texts, err := imagefile.Texts(bytes.NewReader(b))
	if !there || err != nil {
		s.t.Fatalf("%s: there %v, %v", picture, there, err)
	}
	all := map[string]string{}
	for _, t := range texts {
		all[t.Keyword] = t.Value
	}
	return all
}

// TestPicturesTellHowTheyWereMade reads what viewers of generated pictures show.
func TestPicturesTellHowTheyWereMade(t *testing.T) {
	const sheet = "id,prompt,negative_prompt,size,seed,prompt_extend\na,\"一副对联,\n福字\",低分辨率,1328*1328,42,true\n"
	for _, metadata := range []bool{true, false} {
		play(t, sheet, emulator.Options{}, func(s *scene) {
			s.options.NoMetadata = !metadata
			s.ends()
			var rec state.Record
			for _, rec = range s.records() {
			}
			want := fmt.Sprintf("Seed: 42, Size: 1328x1328, Model: qwen-image-plus, Task ID: %s, ", rec.Task)
			if metadata {
				actual := strings.ReplaceAll(rec.ActualPrompt, "\n", `\n`)
				want = "一副对联,\n福字\nNegative prompt: 低分辨率\n" + want + `Actual prompt: "` + actual + `", `
			}
			texts := s.texts("images/a.png")
			if got := texts["parameters"]; got != want+"Version: qwenbatch" {
				t.Errorf("metadata %v: parameters = %q, want %q", metadata, got, want)
			}
			if got := strings.Contains(fmt.Sprint(texts), "福字"); got != metadata {
				t.Errorf("metadata %v: the prompt is told: %v in %q", metadata, got, texts)
			}
			if !strings.Contains(texts[pictures.IdentityKeyword], rec.Key) || !strings.Contains(texts[pictures.IdentityKeyword], rec.Task) {
				t.Errorf("identity = %s, want key %s and task %s", texts[pictures.IdentityKeyword], rec.Key, rec.Task)
			}
		})
	}
}

package exam

import (
	"bytes"
	"context"
	"encoding/csv"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/qwenbatch/qwenbatch/client"
)

// The test itself is the program that is examined, where it is started by an exam.
func TestMain(m *testing.M) {
	if os.Getenv("QWENBATCH_EXAM_OUT") == "" {
		os.Exit(m.Run())
	}
	if err := naive(context.Background(), os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// naive makes one picture after the other and remembers nothing but, with the manner "resumes", which files are there.
func naive(ctx context.Context, manner string) error {
	c, err := client.FromEnv()
	if err != nil {
		return err
	}
	sheet, err := os.ReadFile(os.Getenv("QWENBATCH_EXAM_PROMPTS"))
	if err != nil {
		return err
	}
	rows, err := csv.NewReader(bytes.NewReader(sheet)).ReadAll()
	if err != nil {
		return err
	}
	for i, row := range rows[1:] {
		name := filepath.Join(os.Getenv("QWENBATCH_EXAM_OUT"), fmt.Sprintf("%d.png", i))
		if _, err := os.Stat(name); err == nil && manner == "resumes" {
			continue
		}
		if err := one(ctx, c, row[0], name, manner); err != nil {
			return err
		}
	}
	return nil
}

func one(ctx context.Context, c *client.Client, prompt, name, manner string) error {
	task, err := c.Submit(ctx, client.Request{Prompt: prompt})
	for err == nil && !task.Status.Ended() {
		time.Sleep(20 * time.Millisecond)
		task, err = c.Task(ctx, task.ID)
	}
	if urls := task.URLs(); err == nil && len(urls) > 0 {
		url := urls[0]
		if manner == "shows key" {
			req, _ := http.NewRequest("GET", url, nil)
			req.Header.Set("Authorization", "Bearer "+os.Getenv("DASHSCOPE_API_KEY"))
			if resp, err := http.DefaultClient.Do(req); err == nil {
				resp.Body.Close()
			}
		}
		picture, err := c.Download(ctx, url)
		if err != nil {
			return err
		}
		return os.WriteFile(name, picture, 0o644)
	}
	return err
}

// A program that starts from the beginning pays twice after a kill, one that looks for its files at most for what was on its way;
// neither finds an answer that was lost.
func TestMarksOfNaivePrograms(t *testing.T) {
	scenes := map[string]Scene{}
	for _, s := range Scenes() {
		scenes[s.Name] = s
	}
	for _, tt := range []struct {
		scene, manner string
		passes        bool
		twice, lost   [2]int // at least, at most
		keys          int
	}{
		{"nothing wrong", "plain", true, [2]int{0, 0}, [2]int{0, 0}, 0},
		{"nothing wrong", "shows key", false, [2]int{0, 0}, [2]int{0, 0}, prompts},
		{"killed", "plain", false, [2]int{2, prompts}, [2]int{0, 0}, 0},
		{"killed", "resumes", false, [2]int{0, 1}, [2]int{0, 0}, 0},
		{"answers lost", "resumes", false, [2]int{2, 2}, [2]int{0, 0}, 0},
		{"pictures refused", "resumes", false, [2]int{2, 2}, [2]int{1, 1}, 0},
	} {
		m, err := Sit(t.Context(), scenes[tt.scene], []string{os.Args[0], tt.manner}, t.Output())
		if err != nil {
			t.Fatal(err)
		}
		exact := tt.twice[0] == tt.twice[1] // else the kill may come between two pictures
		if exact && m.Passed() != tt.passes || m.Twice < tt.twice[0] || m.Twice > tt.twice[1] || m.Lost < tt.lost[0] || m.Lost > tt.lost[1] || m.KeyShown != tt.keys {
			t.Errorf("%s, %s: %+v, want %+v", tt.scene, tt.manner, m, tt)
		}
	}
}

func TestSitWithoutAProgram(t *testing.T) {
	if _, err := Sit(t.Context(), Scene{}, []string{"no-such-program"}, t.Output()); err == nil {
		t.Error("a program that cannot be started has marks")
	}
}

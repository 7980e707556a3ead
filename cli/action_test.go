package cli

import (
	"bytes"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"gopkg.in/yaml.v3"
)

// The action and the workflow of docs/automation.md, run on a machine that does what GitHub's
// does as far as they use it: every run finds an empty disk, caches are never changed,
// artifacts belong to a run. Their scripts are run by bash as they are.

type actionFile struct {
	Name, Description string
	Inputs            map[string]struct {
		Description, Default string
		Required             bool
	}
	Outputs map[string]struct{ Description, Value string }
	Runs    struct {
		Using string
		Steps []actionStep
	}
}

type actionStep struct {
	ID, Name, If, Uses, Run, Shell string
	Directory                      string `yaml:"working-directory"`
	Env, With                      map[string]string
}

type workflowFile struct {
	On          map[string]any
	Concurrency struct {
		Group  string
		Cancel bool `yaml:"cancel-in-progress"`
	}
	Jobs map[string]struct{ Steps []actionStep }
}

func readYAML(t *testing.T, text string, into any) {
	t.Helper()
	d := yaml.NewDecoder(strings.NewReader(text))
	if err := d.Decode(into); err != nil {
		t.Fatal(err)
	}
}

func readAction(t *testing.T) (a actionFile) {
	t.Helper()
	text, err := os.ReadFile("../action.yml")
	if err != nil {
		t.Fatal(err)
	}
	readYAML(t, string(text), &a)
	return a
}

// TestActionIsWellFormed holds what GitHub wants of a composite action, and that no input can
// become part of a script.
func TestActionIsWellFormed(t *testing.T) {
	a := readAction(t)
	if a.Runs.Using != "composite" || a.Name == "" || a.Description == "" {
		t.Errorf("using %q, name %q, description %q: GitHub wants composite and the others", a.Runs.Using, a.Name, a.Description)
	}
	for name, in := range a.Inputs {
		if in.Description == "" || name != strings.ToLower(name) {
			t.Errorf("input %s wants a description and a name in lower case", name)
		}
	}
	ids := map[string]bool{}
	for i, s := range a.Runs.Steps {
		switch {
		case (s.Run == "") == (s.Uses == ""):
			t.Errorf("step %d has both run and uses, or none", i+1)
		case s.Run != "" && s.Shell != "bash":
			t.Errorf("step %q has the shell %q; GitHub wants one, and the script is bash", s.Name, s.Shell)
		case strings.Contains(s.Run, "${{"):
			t.Errorf("step %q has an expression in its script: whoever sets an input could run commands", s.Name)
		case s.ID != "" && ids[s.ID]:
			t.Errorf("two steps have the id %s", s.ID)
		}
		ids[s.ID] = true
	}
}

// A machines is GitHub as the workflow sees it.
type machines struct {
	t        *testing.T
	action   actionFile
	workflow workflowFile
	service  *reader
	sheet    string
	temp     string // of the runner; shared, so that the program is linked once
	disk     string // of caches and artifacts
	last     string // workspace of the last run
	cancel   bool   // somebody cancels the runs
	caches   []string
	runs     int
	log      string
}

func newMachines(t *testing.T, service *reader, sheet string) *machines {
	m := &machines{t: t, action: readAction(t), service: service, sheet: sheet, temp: t.TempDir(), disk: t.TempDir()}
	readYAML(t, codeBlock(t, "yaml"), &m.workflow)
	return m
}

// A workRun is one run of the workflow.
type workRun struct {
	*machines
	id        string
	workspace string
	inputs    map[string]string            // of the action
	outputs   map[string]map[string]string // of its steps
	outcomes  map[string]string
	failed    bool
}

// start runs the docs' workflow with the inputs of its form, and more flags and inputs for the
// action. The machine is lost before the step of that name, if there is one; it returns the
// action's outputs and whether the job failed.
func (m *machines) start(form, more map[string]string, lostBefore string) (outputs map[string]string, failed bool) {
	m.t.Helper()
	m.runs++
	r := &workRun{machines: m, id: strconv.Itoa(m.runs), workspace: m.t.TempDir(),
		outputs: map[string]map[string]string{}, outcomes: map[string]string{}}
	m.log, m.last = "", r.workspace
	for _, s := range m.workflow.Jobs["pictures"].Steps {
		switch {
		case strings.HasPrefix(s.Uses, "actions/checkout@"):
			for _, name := range []string{"prompts.csv", oddName} {
				write(m.t, filepath.Join(r.workspace, name), m.sheet)
			}
		case strings.HasPrefix(s.Uses, "qwenbatch/qwenbatch@"):
			r.inputs = r.given(s.With, form, more)
			outputs = r.act(lostBefore)
		case s.Run != "" && lostBefore == "":
			env := map[string]string{}
			for name, value := range s.Env {
				env[name] = regexp.MustCompile(`\$\{\{ steps\.pictures\.outputs\.([a-z-]+) \}\}`).ReplaceAllStringFunc(value, func(x string) string {
					return outputs[strings.TrimSuffix(x[strings.LastIndex(x, ".")+1:], " }}")]
				})
			}
			if !r.bash(s.Run, env, ".", "") {
				m.t.Errorf("the step %q failed", s.Run)
			}
		case s.Run == "":
			m.t.Fatalf("the workflow uses %q, which this test does not know", s.Uses)
		}
	}
	return outputs, r.failed
}

// given are the inputs of the action: as the workflow says, else as action.yml does.
func (r *workRun) given(with, form, more map[string]string) map[string]string {
	r.t.Helper()
	inputs := map[string]string{}
	for name, in := range r.action.Inputs {
		inputs[name] = in.Default
	}
	for name, value := range with {
		if _, known := inputs[name]; !known {
			r.t.Fatalf("the workflow gives %s, which is no input of the action", name)
		}
		value = strings.ReplaceAll(value, "${{ secrets.DASHSCOPE_API_KEY }}", "sk-any")
		inputs[name] = regexp.MustCompile(`\$\{\{ inputs\.[a-z-]+ \}\}`).ReplaceAllStringFunc(value, func(x string) string {
			return form[strings.TrimSuffix(strings.TrimPrefix(x, "${{ inputs."), " }}")]
		})
	}
	for name, value := range more {
		if name == "flags" {
			value = inputs[name] + " " + value
		}
		inputs[name] = value
	}
	return inputs
}

// act runs the steps of the action.
func (r *workRun) act(lostBefore string) map[string]string {
	r.t.Helper()
	for _, s := range r.action.Runs.Steps {
		if s.Name != "" && s.Name == lostBefore {
			return nil
		}
		outcome := "skipped"
		if r.wanted(s.If) {
			outcome = "success"
			r.outputs[s.ID] = map[string]string{}
			if !r.step(s) {
				outcome, r.failed = "failure", true
			}
		}
		r.outcomes[s.ID] = outcome
	}
	outputs := map[string]string{}
	for name, o := range r.action.Outputs {
		outputs[name] = r.text(o.Value)
	}
	return outputs
}

// wanted evaluates the condition of a step.
func (r *workRun) wanted(condition string) bool {
	always := strings.Contains(condition, "always()")
	for term := range strings.SplitSeq(condition, " && ") {
		compared := regexp.MustCompile(`^(\S+) (==|!=) '(.*)'$`).FindStringSubmatch(term)
		switch {
		case term == "" || term == "always()":
		case compared == nil:
			r.t.Fatalf("the condition %q is none that this test knows", term)
		case (r.value(compared[1]) == compared[3]) != (compared[2] == "=="):
			return false
		}
	}
	return always || !r.failed
}

// value is what an expression stands for.
func (r *workRun) value(expression string) string {
	r.t.Helper()
	parts := strings.Split(expression, ".")
	switch {
	case len(parts) == 2 && parts[0] == "inputs":
		if value, known := r.inputs[parts[1]]; known {
			return value
		}
	case len(parts) == 4 && parts[0] == "steps" && parts[2] == "outputs":
		return r.outputs[parts[1]][parts[3]]
	case len(parts) == 3 && parts[0] == "steps" && parts[2] == "outcome":
		return r.outcomes[parts[1]]
	case expression == "github.action_path":
		return r.source()
	}
	r.t.Fatalf("the expression %q is none that this test knows", expression)
	return ""
}

// source is where the action is checked out.
func (r *workRun) source() string {
	path, err := filepath.Abs("..")
	if err != nil {
		r.t.Fatal(err)
	}
	return path
}

func (r *workRun) text(s string) string {
	return regexp.MustCompile(`\$\{\{ (.*?) \}\}`).ReplaceAllStringFunc(s, func(x string) string {
		return r.value(strings.TrimSuffix(strings.TrimPrefix(x, "${{ "), " }}"))
	})
}

func (r *workRun) texts(all map[string]string) map[string]string {
	done := map[string]string{}
	for name, s := range all {
		done[name] = r.text(s)
	}
	return done
}

// step runs one step of the action and reports whether it succeeded.
func (r *workRun) step(s actionStep) bool {
	r.t.Helper()
	with := r.texts(s.With)
	switch name, _, _ := strings.Cut(s.Uses, "@"); name {
	case "":
		return r.bash(s.Run, r.texts(s.Env), r.text(s.Directory), s.ID)
	case "actions/cache/restore":
		r.restore(s.ID, with)
	case "actions/cache/save":
		r.save(with)
	case "actions/upload-artifact":
		r.copyTree(filepath.Join(r.workspace, with["path"]), filepath.Join(r.disk, "artifacts", r.id, with["name"]), false)
	case "actions/download-artifact":
		from := filepath.Join(r.disk, "artifacts", with["run-id"], with["name"])
		if _, err := os.Stat(from); err != nil {
			return false
		}
		r.copyTree(from, filepath.Join(r.workspace, with["path"]), true)
	case "actions/setup-go":
		_, err := os.Stat(with["go-version-file"])
		return err == nil
	default:
		r.t.Fatalf("the action uses %q, which this test does not know", s.Uses)
	}
	return true
}

// restore takes the cache of that key, else the youngest that begins with the other.
func (r *workRun) restore(id string, with map[string]string) {
	for _, key := range slices.Backward(r.caches) {
		if key == with["key"] || strings.HasPrefix(key, with["restore-keys"]) {
			r.outputs[id]["cache-matched-key"] = key
			if with["lookup-only"] != "true" {
				r.copyTree(filepath.Join(r.disk, "caches", key), filepath.Join(r.workspace, with["path"]), true)
			}
			return
		}
	}
}

// save keeps a cache, once a key.
func (r *workRun) save(with map[string]string) {
	if slices.Contains(r.caches, with["key"]) {
		return
	}
	r.caches = append(r.caches, with["key"])
	r.copyTree(filepath.Join(r.workspace, with["path"]), filepath.Join(r.disk, "caches", with["key"]), true)
}

// copyTree copies a file or folder; artifacts leave hidden files out.
func (r *workRun) copyTree(from, to string, hidden bool) {
	r.t.Helper()
	err := filepath.WalkDir(from, func(path string, d os.DirEntry, err error) error {
		rest, _ := filepath.Rel(from, path)
		if err != nil || d.IsDir() || !hidden && strings.HasPrefix(d.Name(), ".") {
			return err
		}
		b, err := os.ReadFile(path)
		write(r.t, filepath.Join(to, rest), string(b))
		return err
	})
	if err != nil {
		r.t.Fatal(err)
	}
}

// bash runs a script as GitHub does and takes its outputs in.
func (r *workRun) bash(script string, env map[string]string, dir, id string) bool {
	r.t.Helper()
	file := filepath.Join(r.temp, "outputs")
	write(r.t, file, "")
	cmd := exec.Command("bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", script)
	cmd.Dir = filepath.Join(r.workspace, dir)
	cmd.Env = append(os.Environ(), "GITHUB_OUTPUT="+file, "RUNNER_TEMP="+r.temp, "RUNNER_OS=Linux", "GITHUB_RUN_ID="+r.id, "GITHUB_RUN_ATTEMPT=1",
		"GITHUB_ACTION_PATH="+r.source(), "GITHUB_STEP_SUMMARY="+filepath.Join(r.temp, "summary.md"))
	cmd.Env = append(cmd.Env, r.service.env...)
	for _, name := range slices.Sorted(maps.Keys(env)) {
		cmd.Env = append(cmd.Env, name+"="+env[name])
	}
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	err := cmd.Start()
	if err == nil {
		if r.cancel && id == "run" {
			r.signalOnce(cmd)
		}
		err = cmd.Wait()
	}
	r.log += out.String()
	written, _ := os.ReadFile(file)
	for line := range strings.Lines(string(written)) {
		name, value, _ := strings.Cut(strings.TrimSuffix(line, "\n"), "=")
		r.outputs[id][name] = value
	}
	return err == nil
}

// want runs the workflow and compares how it ended.
func (m *machines) want(form, more map[string]string, ok bool, outputs, says string) {
	m.t.Helper()
	got, failed := m.start(form, more, "")
	told := strings.Join([]string{got["exit-code"], got["done"], got["failed"], got["held"], got["left"], got["cost"]}, " ")
	if failed == ok || told != outputs || !strings.Contains(m.log, says) {
		m.t.Errorf("run %d: failed %t, outputs %q, want %t, %q and %q in\n%s", m.runs, failed, told, !ok, outputs, says, m.log)
	}
}

const noOutputs = "     "

// oddName would run a command where it became part of a script.
const oddName = `it's $(touch pwned) & "odd".csv`

// TestWorkflow runs the workflow of docs/automation.md over days on machines that forget, get
// lost and lose their caches.
func TestWorkflow(t *testing.T) {
	t.Parallel()
	wantsBash(t)
	r := served(t, "--speed", "1000", "--quota", "none")
	r.env = append(r.env, "QWENBATCH_SIZE=1328*1328", "QWENBATCH_SETTLE=1s")
	m := newMachines(t, r, "id,prompt\ncat,a cat\ndog,a dog\nowl,an owl\n")
	if m.workflow.Concurrency.Group == "" || m.workflow.Concurrency.Cancel {
		t.Errorf("concurrency = %+v, want a group whose runs wait for each other", m.workflow.Concurrency)
	}
	first := map[string]string{"without-state": "true"}
	fast := map[string]string{"flags": "--mode sync"}

	m.want(nil, nil, false, noOutputs, "There is no state of this batch in the cache.")
	r.wantCharged(0)
	m.want(first, map[string]string{"flags": "--mode sync --limit 1"}, true, "4 1 0 0 2 0.20", "1 done, ¥0.20 so far")
	r.wantCharged(1)

	// A machine is lost before it has saved anything, and so are the pictures that it has paid
	// for.
	m.start(nil, nil, "Build qwenbatch")
	if status, err := post(r.url, "a dog"); err != nil || status != 200 {
		t.Fatalf("POST = %d, %v", status, err)
	}
	m.want(nil, nil, true, "0 3 0 0 0 0.60", "The last run did not leave its state")
	r.wantCharged(3)
	m.want(nil, fast, true, "0 3 0 0 0 0.60", "nothing to do: all 3 items done")
	r.wantCharged(3)

	// The repository's caches are gone, the artifact of the last run is not.
	m.caches = nil
	m.want(nil, fast, false, noOutputs, "There is no state of this batch in the cache.")
	m.want(map[string]string{"restore-run": "99"}, fast, false, noOutputs, "")
	m.want(map[string]string{"restore-run": "5"}, fast, true, "0 3 0 0 0 0.60", "nothing to do: all 3 items done")
	r.wantCharged(3)

	// A run that was lost more than a day ago.
	m.lostAt(100, 200)
	m.want(nil, fast, false, noOutputs, "began more than 23 hours ago and did not leave its state")
	m.lostAt(100, 200)
	m.want(first, fast, true, "0 3 0 0 0 0.60", "nothing to do: all 3 items done")
	r.wantCharged(3)
}

// lostAt makes all memory old: the state is of one time, and another run began at a later one.
func (m *machines) lostAt(state, begun int) {
	m.t.Helper()
	for _, key := range slices.Backward(m.caches) {
		stem, isState := key[:strings.LastIndex(key, "-")+1], strings.HasPrefix(key, "qwenbatch-state-")
		if !isState {
			continue
		}
		old := stem + strconv.Itoa(state)
		if old != key {
			if err := os.Rename(filepath.Join(m.disk, "caches", key), filepath.Join(m.disk, "caches", old)); err != nil {
				m.t.Fatal(err)
			}
		}
		m.caches = []string{old, strings.Replace(stem, "state", "begun", 1) + strconv.Itoa(begun)}
		return
	}
}

// TestActionTakesTextAsText gives the action names and flags that would run commands where they
// became part of a script, and a prompt that fails.
func TestActionTakesTextAsText(t *testing.T) {
	t.Parallel()
	wantsBash(t)
	m := newMachines(t, &reader{t: t}, "id,prompt\ncat,a cat\ndog,a dog [[fail:DataInspectionFailed]]\n")
	odd := map[string]string{"manifest": oddName, "rehearse": "true", "api-key": "", "without-state": "true",
		"flags": `--rehearse-speed 200 --negative-prompt "a 'b' $(touch pwned)" --log-level error`}
	m.want(nil, odd, false, "3 1 1 0 0 0.20", "failed dog: DataInspectionFailed")
	results, _ := os.ReadFile(filepath.Join(m.last, `it's $(touch pwned) & "odd"-rehearsal`, "results.csv"))
	if !strings.Contains(string(results), "a 'b' $(touch pwned)") {
		t.Errorf("results.csv = %q, want the negative prompt as it was given", results)
	}
	for _, name := range []string{"pwned", "junit.xml"} {
		_, err := os.Stat(filepath.Join(m.last, name))
		if is := err == nil; is != (name == "junit.xml") {
			t.Errorf("%s is there: %t", name, is)
		}
	}
	odd["success-codes"] = "0 3"
	m.want(nil, odd, true, "3 1 1 0 0 0.20", "nothing to do")
	odd["out"] = "../elsewhere"
	m.want(nil, odd, false, noOutputs, "the output folder must lie in the workspace")
}

// TestActionIsCancelled sends the signal that GitHub sends, to the shell alone, and wants the
// run to end in good order.
func TestActionIsCancelled(t *testing.T) {
	t.Parallel()
	wantsBash(t)
	m := newMachines(t, &reader{t: t}, "id,prompt,count\ncat,a cat,40\n")
	m.cancel = true
	outputs, failed := m.start(nil, map[string]string{"rehearse": "true", "without-state": "true", "flags": "--rehearse-speed 20"}, "")
	if done, _ := strconv.Atoi(outputs["done"]); !failed || outputs["exit-code"] != "143" || done == 0 || done == 40 {
		t.Errorf("failed %t, outputs %q, want exit code 143 and some done, in\n%s", failed, outputs, m.log)
	}
	m.cancel = false
	m.want(nil, map[string]string{"rehearse": "true", "flags": "--rehearse-speed 200"}, true, "0 40 0 0 0 8.00", "done      40 of 40 items")
}

// signalOnce signals the shell once a picture is there.
func (r *workRun) signalOnce(cmd *exec.Cmd) {
	for range 1000 {
		if pictures, _ := filepath.Glob(filepath.Join(r.workspace, "*", "images", "*.png")); len(pictures) > 0 {
			break
		}
		time.Sleep(10 * time.Millisecond)
	}
	cmd.Process.Signal(os.Interrupt)
}

func wantsBash(t *testing.T) {
	t.Helper()
	if _, err := exec.LookPath("bash"); err != nil || runtime.GOOS == "windows" || testing.Short() {
		t.Skip("wants bash, signals and half a minute")
	}
}

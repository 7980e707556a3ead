package cli

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

var update = flag.Bool("update", false, "write docs/json.schema.json")

// jsonRecords are what --json prints, by command.
var jsonRecords = map[string]any{
	"plan": planRecord{}, "status": statusRecord{}, "audit": auditRecord{}, "models": []modelRecord{}, "doctor": doctorRecord{},
	"tasks list": taskRecord{}, "tasks get": taskDetailRecord{}, "tasks cancel": cancelRecord{}, "resolve": resolveRecord{},
	"generate": picturesRecord{}, "version": versionRecord{}, "plan --show-config": configRecord{},
}

// schemaOf is the JSON Schema of what encoding/json makes of a type.
func schemaOf(of reflect.Type) map[string]any {
	switch of.Kind() {
	case reflect.String:
		return map[string]any{"type": "string"}
	case reflect.Bool:
		return map[string]any{"type": "boolean"}
	case reflect.Int:
		return map[string]any{"type": "integer"}
	case reflect.Float64:
		return map[string]any{"type": "number"}
	case reflect.Slice:
		return map[string]any{"type": "array", "items": schemaOf(of.Elem())}
	case reflect.Map:
		return map[string]any{"type": "object", "additionalProperties": schemaOf(of.Elem())}
	}
	properties, required := map[string]any{}, []string{}
	for _, f := range reflect.VisibleFields(of) {
		name, options, _ := strings.Cut(f.Tag.Get("json"), ",")
		if name == "" {
			continue // what it embeds
		}
		if properties[name] = schemaOf(f.Type); options == "" {
			required = append(required, name)
		}
		if name == "json_version" {
			properties[name] = map[string]any{"const": stamp.JSONVersion}
		}
	}
	return map[string]any{"type": "object", "properties": properties, "required": required, "additionalProperties": false}
}

// TestJSONSchemaIsCurrent holds docs/json.schema.json to the records: go test ./cli -run
// JSONSchema -update writes it.
func TestJSONSchemaIsCurrent(t *testing.T) {
	records := map[string]any{}
	for name, r := range jsonRecords {
		records[name] = schemaOf(reflect.TypeOf(r))
	}
	want, err := json.MarshalIndent(map[string]any{
		"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "qwenbatch --json",
		"description": "What --json prints, under the name of each command. Fields are added and never renamed: a reader ignores those that it does not know. Amounts are exact decimals in CNY, durations seconds, times RFC 3339.",
		"$defs":       records,
	}, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	const name = "../docs/json.schema.json"
	if want = append(want, '\n'); *update {
		if err := os.WriteFile(name, want, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if fileText(t, name) != string(want) {
		t.Errorf("%s is not what the records are; -update writes it", name)
	}
}

// TestJSONFollowsItsSchema runs every command that has --json, with --json, and validates each
// record that it prints.
func TestJSONFollowsItsSchema(t *testing.T) {
	t.Parallel()
	r := served(t, "--speed", "100")
	write(t, filepath.Join(r.dir, "p.csv"), "id,prompt\ncat,a cat\ndog,a dog [[fail:DataInspectionFailed]]\n")
	printed := func(line string, codes ...int) string {
		t.Helper()
		var out, complaints bytes.Buffer
		cmd := r.command(strings.Fields("qwenbatch " + line)...)
		cmd.Stdout, cmd.Stderr = &out, &complaints
		err := cmd.Run()
		if exit, is := err.(*exec.ExitError); err != nil && (!is || len(codes) == 0 || exit.ExitCode() != codes[0]) {
			t.Fatalf("%s: %v\n%s", line, err, complaints.String())
		}
		return out.String()
	}
	check := func(command, args string, codes ...int) {
		t.Helper()
		validate(t, command, printed(command+" "+args+" --json", codes...))
	}
	check("plan", "p.csv")
	validate(t, "plan --show-config", printed("plan p.csv --show-config --json"))
	check("generate", "fox --mode async -o fox.png")
	printed("run p.csv -q", 3)
	check("plan", "p.csv")
	check("status", "p.csv")
	check("audit", "p.csv")
	check("models", "")
	check("doctor", "")
	check("doctor", "-o none", 1)
	check("version", "")
	check("tasks list", "")
	var task taskRecord
	if err := json.NewDecoder(strings.NewReader(printed("tasks list --status SUCCEEDED --json"))).Decode(&task); err != nil {
		t.Fatal(err)
	}
	check("tasks get", task.ID+" -o again.png")
	check("tasks cancel", task.ID, 3)
	held := &reader{t: t, dir: t.TempDir()}
	held.lostAnswer()
	r = held
	check("resolve", "prompts.csv bookshop --abandon")
}

// validate holds records to the schema of a command.
func validate(t *testing.T, command, printed string) {
	t.Helper()
	c := jsonschema.NewCompiler()
	schema, err := c.Compile("../docs/json.schema.json#/$defs/" + strings.ReplaceAll(command, " ", "%20"))
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for d := json.NewDecoder(strings.NewReader(printed)); d.More(); n++ {
		d.UseNumber()
		var record any
		if err := d.Decode(&record); err != nil {
			t.Fatalf("%s --json prints no JSON: %v\n%s", command, err, printed)
		}
		if err := schema.Validate(record); err != nil {
			t.Errorf("%s --json: %v\n%s", command, err, printed)
		}
	}
	if n == 0 {
		t.Errorf("%s --json prints nothing", command)
	}
}

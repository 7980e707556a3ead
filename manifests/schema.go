package manifests

import (
	_ "embed" // the schema
	"slices"
)

// schema is written by the package's own tests, of the tables that the reader goes by:
//
//go:generate go test -run TestSchemaIsCurrent . -update
//go:embed schema.json
var schema []byte

// Schema is the JSON Schema (2020-12) of YAML manifests. Editors complete and check a manifest
// by it that says in its first line where it is: # yaml-language-server: $schema=schema.json
func Schema() []byte { return slices.Clone(schema) }

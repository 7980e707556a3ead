package cli

import (
	"github.com/spf13/cobra"

	"github.com/qwenbatch/qwenbatch/manifests"
)

func schemaCommand(p *program) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "schema",
		Short: "Print the JSON Schema of YAML manifests, for editors",
		Long: `Print the JSON Schema of YAML manifests. Editors complete and check a manifest
whose first line names it:

  # yaml-language-server: $schema=qwenbatch.schema.json`,
		Example: "  qwenbatch schema >qwenbatch.schema.json",
		Args:    cobra.NoArgs,
	}
	p.flags(cmd)
	cmd.RunE = func(*cobra.Command, []string) error {
		_, err := p.stdout.Write(manifests.Schema())
		return err
	}
	return cmd
}

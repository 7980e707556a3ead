package cli

import "github.com/spf13/pflag"

// rememberedFlags are the flags that change what the items of a manifest are. The state file
// keeps those of the last run, so that status, report, resolve and audit see the same items
// without being given them again. What a file of defaults gives is read again instead.
var rememberedFlags = []string{"model", "size", "negative-prompt", "seed", "prompt-extend",
	"watermark", "prompt-extend-mode", "enable-thinking", "thinking-mode", "color-palette", "bbox-list",
	"images-dir", "prompt", "format", "encoding", "column", "no-header", "sheet", "visible-only", "skip-empty",
	"max-items", "name", "allow-truncation", "nearest-size", "mode", "xlsx"}

// remembered returns the flags that were given, by name.
func remembered(flags *pflag.FlagSet) map[string]string {
	var given map[string]string
	for _, name := range rememberedFlags {
		if isSaid(flags, name) {
			f := flags.Lookup(name)
			if given == nil {
				given = map[string]string{}
			}
			given[name] = f.Value.String()
		}
	}
	return given
}

// recall sets the flags of the last run that were not given now.
func recall(flags *pflag.FlagSet, given map[string]string) error {
	for _, name := range rememberedFlags {
		value, known := given[name]
		if f := flags.Lookup(name); !known || f == nil || isSaid(flags, name) {
			continue
		}
		if err := flags.Set(name, value); err != nil {
			return wrongValue("flag --"+name+" of the last run", value, err)
		}
	}
	return nil
}

// Command qwenbatch turns a sheet of prompts into pictures of Alibaba's Qwen-Image, and pays
// for each only once.
package main

import (
	"os"

	"github.com/qwenbatch/qwenbatch/cli"
)

func main() { os.Exit(cli.Main(os.Args[1:], os.Stdin, os.Stdout, os.Stderr)) }

package cli

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/qwenbatch/qwenbatch/cli/term"
	"github.com/qwenbatch/qwenbatch/manifests/spell"

	"github.com/spf13/cobra"

	"github.com/qwenbatch/qwenbatch/client/emulator"
)

// emulateFlags are the flags of emulate.
type emulateFlags struct {
	listen, images string
	quota, faults  string
	exam, json     bool
	options        emulator.Options
}

func emulateCommand(p *program) *cobra.Command {
	f := &emulateFlags{listen: "127.0.0.1:8686", images: "127.0.0.1:0", quota: "real",
		options: emulator.Options{Speed: 1, Seed: 1}}
	cmd := &cobra.Command{
		Use:   "emulate",
		Short: "Serve an emulator of the API to any client, free of charge",
		Long: `Serve an emulator of the Qwen-Image API to any client: both interfaces, tasks,
quotas, prices and pictures that say REHEARSAL. The base URL is printed on
stdout as one line when it can be used. It keeps books of every charge, task,
query and refusal: GET /books. Ctrl-C stops it, exit code 0.

With --exam it runs a program through lost answers, 429s, a picture host that
refuses and a kill, and prints what that has cost. The program makes a picture
of each prompt: DASHSCOPE_HTTP_BASE_URL, DASHSCOPE_API_KEY,
QWENBATCH_EXAM_PROMPTS (a CSV file with the one column prompt) and
QWENBATCH_EXAM_OUT (a folder for PNG files) tell it all. Exit code 0 if it has
paid nothing twice, lost and left out nothing, and kept the key; else 3.

Faults (--faults name=probability,…; op.name narrows one to submit, sync, query,
list, cancel, image, limits or models; or a script file of lines "op N name"):
` + faultHelp(),
		Example: `  qwenbatch emulate --speed 60
  qwenbatch emulate --faults submit.lose-answer=0.02,image.gone=0.01
  qwenbatch run prompts.csv --base-url http://127.0.0.1:8686/api/v1
  qwenbatch emulate --exam -- python3 mine.py`,
		Args: func(cmd *cobra.Command, args []string) error {
			if f.exam {
				return nil
			}
			return noArguments(cmd, args)
		},
	}
	examined := newGroup("Exam")
	examined.flags.BoolVar(&f.exam, "exam", false, "examine the program behind --")
	examined.flags.BoolVar(&f.json, "json", false, "its marks as a JSON array")
	p.flags(cmd, f.servingGroup(), f.behaviourGroup(), examined)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if f.exam {
			return p.exam(cmd.Context(), args, f.json)
		}
		return p.emulate(cmd.Context(), f)
	}
	return cmd
}

// servingGroup returns the flags that say where the emulator listens, and for whom.
func (f *emulateFlags) servingGroup() group {
	g := newGroup("Serving")
	g.flags.Var(textFlag{&f.listen, "ADDR"}, "listen",
		"where the API listens; port 0 takes a free one")
	g.flags.Var(textFlag{&f.images, "ADDR"}, "image-listen",
		"where the host of the pictures listens (default a free port of this machine)")
	g.flags.Var(textFlag{&f.options.Key, "KEY"}, "key",
		"the only key that is let in (default any that is not empty)")
	g.flags.Var(textFlag{&f.options.Books, "FILE"}, "books",
		"keep the books in a file, and go on where they end (default in memory)")
	return g
}

// behaviourGroup returns the flags that say how the emulated service behaves.
func (f *emulateFlags) behaviourGroup() group {
	g := newGroup("Behaviour")
	g.flags.Var(factorFlag{&f.options.Speed}, "speed",
		"how many times faster than life: service times, quotas, expiry and the service's "+
			"clock alike")
	g.flags.Var(choiceFlag{&f.quota, []string{"real", "none"}}, "quota",
		"the documented limits of each model, or none at all")
	g.flags.DurationVar(&f.options.Service, "service", 0,
		"mean service time before scaling (default the model's)")
	g.flags.Var(textFlag{&f.faults, "SPEC"}, "faults",
		"what goes wrong, as listed above (default nothing)")
	g.flags.Uint64Var(&f.options.Seed, "seed", 1, "seed `N` of service times and faults")
	return g
}

// faultHelp lists the faults as the emulator names them.
func faultHelp() string {
	var b strings.Builder
	for _, fault := range emulator.FaultNames() {
		name, text, _ := strings.Cut(fault, ": ")
		b.WriteString(term.Fold(text, term.ScreenWidth,
			"  "+name+strings.Repeat(" ", max(1, 22-len(name))), strings.Repeat(" ", 24)) + "\n")
	}
	return strings.TrimRight(b.String(), "\n")
}

// emulate serves until a signal comes.
func (p *program) emulate(ctx context.Context, f *emulateFlags) (err error) {
	f.options.NoQuota = f.quota == "none"
	if f.options.Fault, err = emulator.ParseFaults(f.faults, f.options.Seed); err != nil {
		return faultMistake(err)
	}
	api, err := listen("listen", f.listen)
	if err != nil {
		return err
	}
	defer api.Close()
	images, err := listen("image-listen", f.images)
	if err != nil {
		return err
	}
	defer images.Close()
	f.options.ImageURL = "http://" + reachable(images.Addr())
	server, err := emulator.New(f.options)
	if err != nil {
		return &mistake{text: err.Error()}
	}
	ctx, forget := untilSignal(ctx, func(stopSignal) {})
	defer forget()
	fmt.Fprintf(p.stdout, "http://%s/api/v1\n", reachable(api.Addr()))
	fmt.Fprintf(
		p.stderr,
		"qwenbatch: emulator, nothing costs anything; pictures at %s; books at http://%s/books; "+
			"Ctrl-C stops\n", f.options.ImageURL, reachable(api.Addr()))
	err = serveUntil(ctx, map[net.Listener]http.Handler{
		api: server.API(), images: server.Images()})
	return errors.Join(err, server.Close())
}

// faultMistake names the fault that was meant.
func faultMistake(err error) error {
	m := &mistake{text: strings.TrimPrefix(err.Error(), "emulator: "),
		hint: "qwenbatch emulate --help lists the faults"}
	_, typed, _ := strings.Cut(m.text, "no fault \"")
	var names []string
	for _, fault := range emulator.FaultNames() {
		name, _, _ := strings.Cut(fault, ":")
		name, _, _ = strings.Cut(name, "[")
		names = append(names, name)
	}
	if near := spell.Nearest(strings.TrimSuffix(typed, `"`), names); typed != "" && near != "" {
		m.hint = "did you mean " + near + "?"
	}
	return m
}

// listen opens a port.
func listen(flag, address string) (net.Listener, error) {
	l, err := net.Listen("tcp", address)
	if err != nil {
		return nil, &mistake{text: fmt.Sprintf("--%s %s: %v", flag, term.Quote(address), err),
			hint: "is another emulator running? Port 0 takes a free one: --" + flag +
				" 127.0.0.1:0"}
	}
	return l, nil
}

// reachable is an address that a client on this machine can call: a listener on all addresses
// is called on loopback.
func reachable(a net.Addr) string {
	host, port, err := net.SplitHostPort(a.String())
	if ip := net.ParseIP(host); err == nil && ip != nil && ip.IsUnspecified() {
		return net.JoinHostPort("127.0.0.1", port)
	}
	return a.String()
}

// serveUntil serves until the context ends, then lets answers that are on their way go out, for
// two seconds.
func serveUntil(ctx context.Context, handlers map[net.Listener]http.Handler) error {
	ended := make(chan error, len(handlers))
	var servers []*http.Server
	for l, h := range handlers {
		s := &http.Server{Handler: h, ReadHeaderTimeout: 10 * time.Second}
		servers = append(servers, s)
		go func() { ended <- s.Serve(l) }()
	}
	var err error
	select {
	case <-ctx.Done():
	case err = <-ended:
	}
	grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), 2*time.Second)
	defer cancel()
	for _, s := range servers {
		if s.Shutdown(grace) != nil {
			s.Close()
		}
	}
	return err
}

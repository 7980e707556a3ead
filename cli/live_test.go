package cli

import (
	"strconv"
	"strings"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/qwenbatch/qwenbatch/client/emulator"
)

// tells serves an account with prices and retirements of its own: tells VARIABLE [MODEL=PRICE[@DAYS]…].
func tells(ts *testscript.TestScript, _ bool, args []string) {
	listings := map[string]emulator.Listing{}
	for _, text := range args[1:] {
		model, told, _ := strings.Cut(text, "=")
		price, days, retires := strings.Cut(told, "@")
		l := emulator.Listing{Price: price}
		if n, err := strconv.Atoi(days); retires && err == nil {
			l.Retires = time.Now().AddDate(0, 0, n)
		}
		listings[model] = l
	}
	service := emulator.Start(scriptService{ts}, emulator.Options{Speed: 100, Tiny: true, Listing: func(model string) (emulator.Listing, bool) {
		l, ok := listings[model]
		return l, ok
	}})
	ts.Setenv(args[0], service.BaseURL)
}

// asked counts the questions about models: asked BASE-URL N.
func asked(ts *testscript.TestScript, _ bool, args []string) {
	if want, _ := strconv.Atoi(args[1]); accountOf(ts, args[0]).Models != want {
		ts.Fatalf("%d questions about models, want %d", accountOf(ts, args[0]).Models, want)
	}
}

// scriptService ends a service with its script.
type scriptService struct{ *testscript.TestScript }

func (scriptService) Helper()            {}
func (s scriptService) Cleanup(f func()) { s.Defer(f) }
func (s scriptService) Fatal(a ...any)   { s.Fatalf("%v", a) }

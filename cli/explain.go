package cli

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"

	"github.com/qwenbatch/qwenbatch/batch"
	"github.com/qwenbatch/qwenbatch/batch/halt"
	"github.com/qwenbatch/qwenbatch/batch/settle"
	"github.com/qwenbatch/qwenbatch/batch/state"
	"github.com/qwenbatch/qwenbatch/cli/term"
	"github.com/qwenbatch/qwenbatch/client"
	"github.com/qwenbatch/qwenbatch/manifests"
	"github.com/qwenbatch/qwenbatch/output/durable"
)

// explain maps an error to its text, hint and exit code. Errors without a case keep their text
// and have code 1.
func explain(err error) complaint {
	var m *mistake
	var list *manifests.ErrorList
	var api *client.APIError
	var damage *state.DamageError
	var unreached *net.OpError
	var pictures *batch.PictureHostError
	var refused *halt.RefusedError
	hinted := func(code exitCode, hint string) complaint {
		return complaint{err.Error(), hint, code}
	}
	switch {
	case errors.As(err, &m):
		return complaint{m.text, m.hint, m.codeOr(codeUsage)}
	case errors.As(err, &list):
		return explainManifest(list)
	case errors.Is(err, state.ErrLocked):
		return hinted(codeBusy, "wait for it, or stop it with Ctrl-C; the same command "+
			"then goes on")
	case errors.Is(err, batch.ErrUnprovenKey):
		return hinted(codeUsage,
			"nothing was sent. Run the same command once with the key of the last run; or wait "+
				"until a day has passed since then: what is in doubt is then held, and the rest "+
				"goes on. Another output folder would pay for everything again")
	case errors.Is(err, state.ErrOther):
		return hinted(codeUsage,
			"use the service, region and key that it belongs to: in another output folder "+
				"everything would be paid again")
	case errors.Is(err, state.ErrReplaced):
		return hinted(codeStopped,
			"this run has put its own back, which knows more: the same command goes on. Leave "+
				"state.jsonl alone while a run works")
	case errors.Is(err, settle.ErrNoList):
		return hinted(codeStopped,
			"nothing was submitted. Run the same command when the list answers: it tells "+
				"what is paid")
	case errors.As(err, &damage):
		return hinted(codeStopped, damagedHint("qwenbatch run MANIFEST"))
	case errors.As(err, &pictures):
		return hinted(codeStopped, picturesHint(pictures))
	case errors.As(err, &refused):
		return hinted(codeStopped,
			"is another program using this account's quota? Else the model may have a hard "+
				"quota (the console shows it) or no asynchronous interface: then add --mode "+
				"sync. The same command goes on with what is left")
	case errors.As(err, &api):
		return explainService(err.Error(), api)
	case client.Blocked(err):
		return hinted(codeStopped, blockedHint(err))
	case errors.As(err, &unreached):
		return hinted(codeStopped,
			"is the network there, and --base-url or --region right? A proxy is taken from "+
				"HTTPS_PROXY or ALL_PROXY")
	case errors.Is(err, client.ErrUnreadable):
		return hinted(codeStopped, "is --base-url right, and no proxy or login page in between?")
	case errors.Is(err, syscall.ENOSPC):
		return complaint{"no space is left on the disk of " + placeOf(err), "make room, then run " +
			"the same command: what is paid is fetched for 24 hours", codeStopped}
	case errors.Is(err, syscall.EMFILE):
		return hinted(codeStopped, "raise the limit of open files: ulimit -n 256")
	case errors.Is(err, fs.ErrPermission), errors.Is(err, syscall.EROFS):
		return hinted(codeStopped,
			"make it writable, then the same command goes on; in another output folder (--out "+
				"DIR) what is paid would be paid again")
	case errors.Is(err, fs.ErrNotExist), errors.Is(err, durable.ErrMoved):
		return complaint{placeOf(err) + ", or something in it, is gone", "was it moved or removed " +
			"while the command worked? Put it back, then the same command goes on; where it is " +
			"lost, add --restored, which looks for what is paid in the account's task list of " +
			"the last 24 hours", codeStopped}
	case errors.Is(err, context.Canceled):
		return complaint{"stopped", "the same command goes on", codeStopped}
	}
	return hinted(codeStopped, "")
}

// placeOf is the folder that an error of the disk is about, as somebody knows it: the output folder
// in place of those in it.
func placeOf(err error) string {
	path := "."
	var one *fs.PathError
	var two *os.LinkError
	switch {
	case errors.As(err, &one):
		path = filepath.Dir(one.Path)
	case errors.As(err, &two):
		path = filepath.Dir(two.New)
	}
	for _, below := range []string{"images", "thumbs", "replaced"} {
		path = strings.TrimSuffix(path, string(filepath.Separator)+below)
	}
	if path == "." || path == "images" || path == "thumbs" {
		return "the output folder"
	}
	return term.Quote(path)
}

// explainManifest lists the mistakes one a line, each beginning with its place, as editors and
// terminals like it.
func explainManifest(list *manifests.ErrorList) complaint {
	c := complaint{code: codeUsage}
	text := mistakeLines(list)
	c.text = text
	if list.Total > 1 {
		c.text = term.Amount(list.Total, "mistake") + " in the manifest; nothing was sent\n" + text
	}
	if i := slices.IndexFunc(list.Errors, func(e manifests.Error) bool { return e.Hint != "" }); i >= 0 {
		c.hint = list.Errors[i].Hint
		return c
	}
	switch {
	case strings.Contains(text, "is not offered by"):
		c.hint = "--nearest-size takes the allowed size nearest in shape"
	case strings.Contains(text, "(--max-items)"):
		c.hint = "each of them is a picture to pay; if that is meant, --max-items N allows " +
			"more, and plan shows what they cost"
	case strings.Contains(text, "(--allow-truncation"):
		c.hint = "shorten the prompts: what is behind the limit is paid for and ignored"
	case strings.Contains(text, ".xlsx: workbooks"):
		c.hint = "in Excel: File, Save As, CSV UTF-8"
	}
	return c
}

// sameShown is how often the same mistake is shown: a wrong flag makes it in every row.
const sameShown = 3

// picturesHint says what may keep pictures from coming.
func picturesHint(e *batch.PictureHostError) string {
	hint := "is the host closed by a firewall, a proxy (HTTPS_PROXY) or the resolver?"
	if errors.Is(e, client.ErrPrivateHost) {
		hint = "does a proxy or resolver of your own answer for it? If that is meant, add " +
			"--allow-private-image-hosts;"
	}
	return hint +
		" Nothing was bought meanwhile; the same command fetches them first, pays nothing for " +
		"it, and goes on"
}

// mistakeLines has a line a mistake, and how many more there are.
func mistakeLines(list *manifests.ErrorList) string {
	var lines []string
	seen := map[string]int{}
	for _, e := range list.Errors {
		what := e.Field + ": " + e.Text
		if seen[what]++; seen[what] <= sameShown {
			lines = append(lines, e.Error())
		}
	}
	if more := list.Total - len(lines); more > 0 && len(seen) == 1 {
		lines = append(lines, fmt.Sprintf("… and %s more of the same", term.Number(more)))
	} else if more > 0 {
		lines = append(lines, fmt.Sprintf("… and %s more", term.Number(more)))
	}
	return strings.Join(lines, "\n")
}

// explainService says what to do about an error of the service that concerns more than one item.
func explainService(text string, e *client.APIError) complaint {
	c := complaint{text, "", codeStopped}
	code, message := strings.ToLower(e.Code), strings.ToLower(e.Message)
	switch {
	case strings.Contains(message, "asynchronous calls"):
		c.hint = "this model has no asynchronous interface here: the same command with --mode " +
			"sync goes on with what is left"
	case code == "invalidapikey" || code == "invalid_api_key" || code == "not authorized" ||
		e.Status == 401:
		c.hint = "is the key of this region? Keys of Beijing, Singapore and the others are not " +
			"interchangeable: --region NAME; else copy DASHSCOPE_API_KEY anew from the console"
	case code == "arrearage" || strings.HasSuffix(code, "billoverdue"):
		c.hint = "the account is in arrears: top it up in the console, then run the same " +
			"command; nothing is lost"
	case strings.Contains(code, "purchased"):
		c.hint = "the account has not opened Model Studio (Bailian): open it in the console, " +
			"then run the same command"
	case strings.Contains(code, "freetieronly") ||
		strings.Contains(message, "free allocated quota") ||
		strings.Contains(message, "free tier"):
		c.hint = "the free quota is used up: switch \"free tier only\" off in the console, or " +
			"take another --model"
	case strings.Contains(code, "workspace"):
		c.hint = "the key belongs to another workspace: --workspace ID"
	// HTTP 404, 405 and 415 of whoever answers there
	case code == "notfound", e.Reach() == client.ReachAccount:
		c.hint = "is --base-url right? It ends in /api/v1"
	case e.Reach() == client.ReachModel && slices.Contains(
		[]string{"list", "query", "cancel"}, e.Op):
		c.hint = "this key may not see the account's tasks: switch that on in the console, or " +
			"take another key"
	case client.Throttled(e):
		c.hint = "the account's calls of this second or minute are used up: try again in a minute"
	case e.Reach() == client.ReachModel:
		c.hint = "this account or region does not have the model: qwenbatch models lists others " +
			"for --model"
	}
	return c
}

// damagedHint is what to do about a damaged state file.
func damagedHint(run string) string {
	return "nothing was sent. It says what is paid for: do not delete it. " + run +
		" --restored keeps what is whole of it, and looks for the rest in the pictures and in " +
		"the account's task list of the last 24 hours, which has no synchronous requests"
}

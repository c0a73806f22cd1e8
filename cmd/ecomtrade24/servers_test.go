package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"sync"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/ecomtrade24/ecomtrade24-go"
	"github.com/ecomtrade24/ecomtrade24-go/webhook"
)

// endpoint VAR KIND starts a webhook endpoint and stores its URL in the variable. KIND is right (uses the SDK), unpaid
// (fails for paid events), open (accepts everything), moved (redirects), slow (never responds) or gone (does not
// listen).
func endpoint(ts *testscript.TestScript, _ bool, args []string) {
	verifier, err := webhook.NewVerifier(testSecret)
	ts.Check(err)
	handlers := map[string]http.Handler{
		"right": webhook.NewHandler(verifier, func(context.Context, *ecomtrade24.Event) error { return nil }),
		"unpaid": webhook.NewHandler(verifier, func(_ context.Context, ev *ecomtrade24.Event) error {
			if ev.Paid() {
				return errors.New("the database is down")
			}
			return nil
		}),
		"open":  http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { _, _ = io.Copy(io.Discard, r.Body) }),
		"moved": http.RedirectHandler("/elsewhere", http.StatusFound),
		"slow": http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			_, _ = io.Copy(io.Discard, r.Body)
			<-r.Context().Done()
		}),
		"gone": http.NotFoundHandler(),
	}
	server := httptest.NewServer(handlers[args[1]])
	ts.Defer(server.Close)
	ts.Setenv(args[0], server.URL+"/api/webhook")
	if args[1] == "gone" {
		server.Close()
	}
}

// running holds a background program and its output.
type running struct {
	cmd  *exec.Cmd
	mu   sync.Mutex
	said bytes.Buffer
	more *sync.Cond
}

func (r *running) Write(p []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.more.Broadcast()
	return r.said.Write(p)
}

// await waits until the program's output matches pattern.
func (r *running) await(pattern string) ([]byte, error) {
	what := regexp.MustCompile("(?m)" + pattern)
	late := false
	timer := time.AfterFunc(20*time.Second, func() {
		r.mu.Lock()
		defer r.mu.Unlock()
		late = true
		r.more.Broadcast()
	})
	defer timer.Stop()
	r.mu.Lock()
	defer r.mu.Unlock()
	for !late {
		if found := what.Find(r.said.Bytes()); found != nil {
			return found, nil
		}
		r.more.Wait()
	}
	return nil, fmt.Errorf("expected output %s, got:\n%s", pattern, r.said.String())
}

// programs holds the background programs, by the script's folder and the program's name.
var programs sync.Map

// background NAME VAR ARG... starts the program. Unless VAR is -, it stores the printed URL in the variable.
func background(ts *testscript.TestScript, _ bool, args []string) {
	r := &running{cmd: exec.Command("ecomtrade24", args[2:]...)}
	path, err := exec.LookPath("ecomtrade24")
	ts.Check(err)
	r.more = sync.NewCond(&r.mu)
	r.cmd.Path, r.cmd.Err, r.cmd.Dir = path, nil, ts.MkAbs(".")
	r.cmd.Stdout, r.cmd.Stderr = r, r
	for _, name := range []string{"PATH", "HOME", "GORACE", "GOCOVERDIR", envWebhookSecret, envAPIKey, envWebhookURL} {
		r.cmd.Env = append(r.cmd.Env, name+"="+ts.Getenv(name))
	}
	ts.Check(r.cmd.Start())
	ts.Defer(func() { _ = r.cmd.Process.Kill() })
	programs.Store(ts.MkAbs(args[0]), r)
	if args[1] == "-" {
		return
	}
	found, err := r.await(`http://127\.0\.0\.1:\d+`)
	ts.Check(err)
	ts.Setenv(args[1], string(found))
}

func named(ts *testscript.TestScript, name string) *running {
	r, ok := programs.Load(ts.MkAbs(name))
	if !ok {
		ts.Fatalf("no program %s in the background", name)
	}
	return r.(*running)
}

// awaits NAME REGEXP waits until the background program's output matches.
func awaits(ts *testscript.TestScript, _ bool, args []string) {
	_, err := named(ts, args[0]).await(args[1])
	ts.Check(err)
}

// ends NAME interrupts the program as Ctrl-C does, and waits until it exits. With a second argument it only waits.
// NAME.out gets the output. With ! the program must fail.
func ends(ts *testscript.TestScript, neg bool, args []string) {
	r := named(ts, args[0])
	if len(args) == 1 {
		ts.Check(r.cmd.Process.Signal(os.Interrupt))
	}
	err := r.cmd.Wait()
	ts.Check(os.WriteFile(ts.MkAbs(args[0]+".out"), r.said.Bytes(), 0o600))
	if (err != nil) != neg {
		ts.Fatalf("%s ended with %v and this output:\n%s", args[0], err, r.said.String())
	}
}

// press BASE SESSION ACTION presses a button on the sandbox's checkout page.
func press(ts *testscript.TestScript, _ bool, args []string) {
	buyer := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	resp, err := buyer.PostForm(args[0]+"/pay.php", url.Values{"session": {args[1]}, "action": {args[2]}})
	ts.Check(err)
	resp.Body.Close()
	if resp.StatusCode >= http.StatusBadRequest {
		ts.Fatalf("the page responds with %s", resp.Status)
	}
}

// jsonLines fails unless every line of the text is one JSON object.
func jsonLines(ts *testscript.TestScript, _ bool, args []string) {
	for line := range bytes.Lines([]byte(ts.ReadFile(args[0]))) {
		var object map[string]any
		if err := json.Unmarshal(line, &object); err != nil {
			ts.Fatalf("%v in %s", err, line)
		}
	}
}

// The command "oversized URL" posts a body of more than 1 MiB and requires status 202.
func oversized(ts *testscript.TestScript, _ bool, args []string) {
	resp, err := http.Post(args[0], "text/plain", bytes.NewReader(bytes.Repeat([]byte("a"), 1<<20+1)))
	ts.Check(err)
	resp.Body.Close()
	if resp.StatusCode != http.StatusAccepted {
		ts.Fatalf("it answers %s", resp.Status)
	}
}

// breaksOff URL sends the beginning of a body and closes the connection.
func breaksOff(ts *testscript.TestScript, _ bool, args []string) {
	conn, err := net.Dial("tcp", strings.TrimPrefix(args[0], "http://"))
	ts.Check(err)
	_, err = io.WriteString(conn, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 99\r\n\r\n{\"order_id\":")
	ts.Check(err)
	ts.Check(conn.Close())
}

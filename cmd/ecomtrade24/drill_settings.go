package main

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/ecomtrade24/ecomtrade24-go/cmd/internal/visitor"
	"github.com/ecomtrade24/ecomtrade24-go/internal/delivery"
	"github.com/ecomtrade24/ecomtrade24-go/internal/guard"
)

// drillSteps returns the names of a drill's requests.
func drillSteps() []string { return []string{"buy", "order", "again", "reconcile", "totals"} }

// shop checks all flags and settings.
func (f *drillFlags) shop(cmd *cobra.Command) (*drilled, error) {
	s := &drilled{
		steps: map[string][]visitor.Request{}, patterns: map[string]visitor.Pattern{}, flags: f,
		transport: &http.Transport{MaxIdleConnsPerHost: 32},
		sender:    delivery.NewSenderOver(&http.Transport{DisableKeepAlives: true}, 0), // one connection for each delivery
		visitors:  map[string]*visitor.Visitor{},
	}
	f.args = sameAgain(cmd)
	if f.file != "" {
		if err := f.read(cmd, s.steps); err != nil {
			return nil, err
		}
	}
	for _, name := range drillSteps() {
		if text := *f.texts[name]; text != "" {
			r, err := visitor.ParseRequest(text)
			if err != nil {
				return nil, usage(f.where(name) + ": " + err.Error())
			}
			s.steps[name] = []visitor.Request{r}
		}
	}
	for _, name := range []string{"paid", "fulfilled", "review", "invoice", "returned"} {
		if text := *f.texts[name]; text != "" {
			p, err := visitor.ParsePattern(text)
			if err != nil {
				return nil, usage(f.where(name) + ": " + err.Error())
			}
			s.patterns[name] = p
		}
	}
	var err error
	if s.effects, err = f.named("effect", f.effects); err != nil {
		return nil, err
	}
	if s.counted, err = f.named("total", f.counted); err != nil {
		return nil, err
	}
	return s, errors.Join(f.complete(s), s.at(*f.texts["shop"], *f.texts["webhook"], f.yes))
}

// where returns a flag's name for an error message, and the position in the file if --file sets the flag.
func (f *drillFlags) where(name string) string {
	if at := f.at[name]; at != "" {
		return "--file: " + at + ": @" + name
	}
	return "--" + name
}

// named parses a flag's values, each in the format NAME=PATTERN.
func (f *drillFlags) named(flag string, texts []string) (map[string]visitor.Pattern, error) {
	patterns := map[string]visitor.Pattern{}
	for _, text := range texts {
		name, pattern, found := strings.Cut(text, "=")
		if !found || name == "" {
			return nil, usage(f.where(flag) + ": it must be NAME=PATTERN, such as stock=json:stock")
		}
		p, err := visitor.ParsePattern(pattern)
		if err != nil {
			return nil, usage(f.where(flag) + ": " + err.Error())
		}
		patterns[name] = p
	}
	return patterns, nil
}

// read reads requests and settings from the file. Flags on the command line override its settings.
func (f *drillFlags) read(cmd *cobra.Command, steps map[string][]visitor.Request) error {
	content, err := os.ReadFile(f.file)
	if err != nil {
		return cannotOpen("--file", err, "name a file of requests")
	}
	file, err := visitor.ParseFile(string(content))
	if err != nil {
		return usage("--file: " + err.Error())
	}
	given := map[string]bool{}
	cmd.Flags().Visit(func(flag *pflag.Flag) { given[flag.Name] = true })
	for _, s := range file.Settings {
		at := fmt.Sprintf("line %d, column %d", s.Line, s.Column)
		flag := cmd.LocalNonPersistentFlags().Lookup(s.Name)
		switch {
		case flag == nil || slices.Contains([]string{"file", "help", "yes"}, s.Name):
			return usage(fmt.Sprintf("--file: line %d, column 2: unknown setting: @ must be followed by a flag of "+
				"drill, such as shop, webhook or paid", s.Line))
		case given[s.Name]:
			continue
		}
		f.at[s.Name] = at
		if err := flag.Value.Set(s.Value); err != nil {
			return usage("--file: " + at + ": invalid value for @" + s.Name)
		}
	}
	for _, step := range file.Steps {
		if !slices.Contains(drillSteps(), step.Name) {
			return usage(fmt.Sprintf("--file: line %d, column 5: ### must be followed by one of %s",
				step.Line, strings.Join(drillSteps(), ", ")))
		}
		steps[step.Name] = append(steps[step.Name], step.Request)
	}
	return nil
}

func (f *drillFlags) complete(s *drilled) error {
	switch {
	case s.steps["buy"] == nil:
		return usage("set --buy, the request that buys something, such as --buy 'POST /buy email=buyer@example.com'")
	case s.steps["order"] == nil:
		return usage("set --order, the request that shows an order, such as --order 'GET /orders/{order}'")
	case *f.texts["paid"] == "":
		return usage("set --paid, the pattern of a paid order, such as --paid text:Paid")
	case (f.breaks == "") != (f.fixes == ""):
		return usage("--break and --fix must be used together")
	case (s.steps["totals"] == nil) != (len(s.counted) == 0):
		return usage("--totals and --total must be used together")
	case f.patience <= 0 || f.settle < 0 || f.page <= 0 || f.stories < 0 || f.parallel <= 0:
		return usage("--patience, --timeout and --parallel must be positive, and --settle and --stories not negative")
	}
	return nil
}

// at checks and sets the URLs of the shop and its webhook.
func (s *drilled) at(shop, webhook string, yes bool) (err error) {
	if shop == "" || webhook == "" {
		return usage("set --shop and --webhook, such as --shop http://localhost:8080 --webhook /api/webhook")
	}
	if s.url, err = url.Parse(shop); err != nil {
		return usage("--shop must be an absolute URL, such as http://localhost:8080")
	}
	if s.webhook, err = s.url.Parse(webhook); err != nil {
		return usage("--webhook must be a path, such as /api/webhook")
	}
	return errors.Join(checkTarget(shop, yes), checkTarget(s.webhook.String(), yes))
}

// sameAgain returns the arguments that repeat this drill. It omits secrets in URLs, and flags that choose scenarios,
// write reports or contain keys.
func sameAgain(cmd *cobra.Command) []string {
	args := []string{"ecomtrade24", "drill"}
	cmd.Flags().Visit(func(flag *pflag.Flag) {
		if slices.Contains([]string{"only", "junit", "html", "json", "key", "secret"}, flag.Name) {
			return
		}
		values := []string{flag.Value.String()}
		if flag.Name == "shop" {
			values[0] = guard.URL(values[0])
		}
		if list, ok := flag.Value.(pflag.SliceValue); ok {
			values = list.GetSlice()
		}
		for _, value := range values {
			args = append(args, "--"+flag.Name+"="+value)
		}
	})
	return args
}

// command returns the command line that plays one scenario.
func (f *drillFlags) command(group, name string) string {
	words := make([]string, 0, len(f.args)+1)
	for _, arg := range append(slices.Clone(f.args), "--only="+group+"/"+name) {
		words = append(words, guard.Shell(arg))
	}
	return strings.Join(words, " ")
}

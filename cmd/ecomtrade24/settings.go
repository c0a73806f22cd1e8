package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"os"
	"strings"
)

// The names of the settings in the environment or in the file of --env-file.
const (
	envBaseURL        = "ECOMTRADE24_BASE_URL"
	envAPIKey         = "ECOMTRADE24_API_KEY"
	envWebhookSecret  = "ECOMTRADE24_WEBHOOK_SECRET"
	envPreviousSecret = "ECOMTRADE24_PREVIOUS_SECRET"
	envWebhookURL     = "ECOMTRADE24_WEBHOOK_URL"
	envDomain         = "ECOMTRADE24_DOMAIN"
	envDeployment     = "ECOMTRADE24_DEPLOYMENT"
)

// setting returns the first value that is set: the flag's, the environment's or the file's.
func (a *app) setting(flag, env string) string {
	if flag != "" {
		return flag
	}
	if value := a.getenv(env); value != "" {
		return value
	}
	return a.file[env]
}

// secret returns the content of the flag's file, or the setting if the flag is not set. One line break at the end of a
// file is removed.
func (a *app) secret(file, env string) (string, error) {
	if file == "" {
		return a.setting("", env), nil
	}
	content, err := os.ReadFile(file)
	if err != nil {
		return "", cannotOpen(secretFlag(env), err, "pass the name of a file that holds the secret, not the secret")
	}
	text := strings.TrimSuffix(strings.TrimSuffix(string(content), "\n"), "\r")
	if text == "" {
		return "", usage(secretFlag(env) + ": the file is empty: it must contain only the secret")
	}
	return text, nil
}

// secretFlag returns the flag that reads a setting from a file; env is the setting's name.
func secretFlag(env string) string {
	switch env {
	case envAPIKey:
		return "--key-file"
	case envPreviousSecret:
		return "--previous-secret-file"
	default:
		return "--secret-file"
	}
}

// cannotOpen returns the error for a file that cannot be opened or read. The error omits the name, which may be a
// misplaced secret.
func cannotOpen(what string, err error, advice string) error {
	var path *fs.PathError
	if errors.As(err, &path) {
		err = path.Err
	}
	return &usageError{fmt.Errorf("%s: %w: %s", what, err, advice)}
}

// cannotListen returns the error for a failure to listen. The error omits the address.
func cannotListen(err error) error {
	var address *net.AddrError
	var name *net.DNSError
	switch {
	case errors.As(err, &address):
		err = errors.New(address.Err)
	case errors.As(err, &name):
		err = errors.New(name.Err)
	}
	return fmt.Errorf("cannot listen: %w; try another --addr, such as 127.0.0.1:0", err)
}

// webhookSecret returns the secret to sign and verify with.
func (a *app) webhookSecret(file string) (string, error) {
	secret, err := a.secret(file, envWebhookSecret)
	switch {
	case err != nil:
		return "", err
	case secret == "":
		return "", usage("no webhook secret: set " + envWebhookSecret + ", or use --secret-file")
	case strings.TrimSpace(secret) != secret:
		return "", usage("the webhook secret has leading or trailing white space: remove it where the secret is set")
	}
	return secret, nil
}

const maxInput = 1 << 20 // largest body to sign or verify

// body reads the file, or standard input if no file is named.
func (a *app) body(args []string) ([]byte, error) {
	in := a.in
	if len(args) > 0 && args[0] != "-" {
		file, err := os.Open(args[0])
		if err != nil {
			return nil, cannotOpen("the body's FILE", err, "name an existing file, or pass the body on standard input")
		}
		defer file.Close()
		in = file
	} else if isTerminal(in) {
		fmt.Fprintln(a.err, "Reading the body from standard input; press Ctrl-D to end it.")
	}
	body, err := io.ReadAll(io.LimitReader(in, maxInput+1))
	switch {
	case err != nil:
		return nil, cannotOpen("cannot read the body", err, "name a file, or pass the body on standard input")
	case len(body) > maxInput:
		return nil, usage("the body is larger than 1 MiB; no webhook is that large")
	}
	return body, nil
}

// readEnvFile reads NAME=value lines. Its errors name line numbers and never quote a line.
func readEnvFile(name string) (map[string]string, error) {
	file, err := os.Open(name)
	if err != nil {
		return nil, cannotOpen("--env-file", err, "name a file of NAME=value lines")
	}
	defer file.Close()
	values := map[string]string{}
	lines := bufio.NewScanner(file)
	for n := 1; lines.Scan(); n++ {
		name, value, err := parseEnvLine(lines.Text())
		if err != nil {
			return nil, &usageError{fmt.Errorf("--env-file: line %d: %w", n, err)}
		}
		values[name] = value
	}
	if err := lines.Err(); err != nil {
		return nil, cannotOpen("--env-file", err, "name a file of NAME=value lines")
	}
	return values, nil
}

// parseEnvLine reads one line. A quoted value is used as it is. In an unquoted value, # after white space starts a
// comment.
func parseEnvLine(line string) (name, value string, err error) {
	line = strings.TrimSpace(strings.TrimPrefix(line, "\ufeff"))
	if line == "" || line[0] == '#' {
		return "", "", nil
	}
	name, value, found := strings.Cut(strings.TrimPrefix(line, "export "), "=")
	name, value = strings.TrimSpace(name), strings.TrimSpace(value)
	if !found || name == "" || strings.ContainsAny(name, " \t'\"") {
		return "", "", errors.New("it must look like NAME=value")
	}
	if value != "" && (value[0] == '"' || value[0] == '\'') {
		inner, rest, closed := strings.Cut(value[1:], value[:1])
		rest = strings.TrimSpace(rest)
		if !closed || rest != "" && rest[0] != '#' {
			return "", "", errors.New("the closing quotation mark is missing")
		}
		return name, inner, nil
	}
	for i := range len(value) {
		if value[i] == '#' && (i == 0 || value[i-1] == ' ' || value[i-1] == '\t') {
			return name, strings.TrimSpace(value[:i]), nil
		}
	}
	return name, value, nil
}

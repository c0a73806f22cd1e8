package diagnose

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"slices"
)

// bodyVariant is a body that may have been signed, and the mistakes that changed it afterwards.
type bodyVariant struct {
	text    []byte
	reasons []Reason
}

// step undoes one kind of mistake: it returns the originals that this mistake could have turned into the given body.
type step func(body []byte) []bodyVariant

// bodyVariants returns the body itself, and the originals that small mistakes could have turned into it. Variants with
// fewer mistakes come first.
func bodyVariants(body []byte) []bodyVariant {
	variants := []bodyVariant{{text: body}}
	for _, before := range []step{packing, wrapping, mark, lineEnds, ends, spacing, slashes, letters, order} {
		for _, v := range slices.Clone(variants) {
			if len(v.reasons) == longest {
				continue
			}
			for _, earlier := range before(v.text) {
				variants = append(variants, bodyVariant{earlier.text, slices.Concat(v.reasons, earlier.reasons)})
			}
		}
	}
	slices.SortStableFunc(variants, func(a, b bodyVariant) int { return len(a.reasons) - len(b.reasons) })
	return variants
}

func was(text []byte, why Reason) bodyVariant { return bodyVariant{text, []Reason{why}} }

const largestBody = 1 << 20 // the largest body to unpack

// packing undoes gzip and base64. AWS Lambda passes bodies in base64.
func packing(body []byte) []bodyVariant {
	if text, err := base64.StdEncoding.DecodeString(string(bytes.TrimSpace(body))); err == nil && len(text) > 0 {
		return []bodyVariant{was(text, bodyInBase64)}
	}
	unzip, err := gzip.NewReader(bytes.NewReader(body))
	if err != nil {
		return nil
	}
	text, err := io.ReadAll(io.LimitReader(unzip, largestBody))
	if err != nil {
		return nil
	}
	return []bodyVariant{was(text, bodyZipped)}
}

// cutShort reports whether the body is truncated JSON.
func cutShort(body []byte) bool {
	trimmed := bytes.TrimSpace(body)
	if len(trimmed) == 0 || trimmed[0] != '{' || json.Valid(trimmed) {
		return false
	}
	d := json.NewDecoder(bytes.NewReader(trimmed))
	for {
		if _, err := d.Token(); err != nil {
			return errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)
		}
	}
}

// wrapping undoes the quoting that a log adds.
func wrapping(body []byte) []bodyVariant {
	var inner string
	if json.Unmarshal(body, &inner) != nil {
		return nil
	}
	return []bodyVariant{was([]byte(inner), quoted)}
}

func mark(body []byte) []bodyVariant {
	const bom = "\xef\xbb\xbf"
	if rest, ok := bytes.CutPrefix(body, []byte(bom)); ok {
		return []bodyVariant{was(rest, bomAdded)}
	}
	return []bodyVariant{was(append([]byte(bom), body...), bomLost)}
}

func lineEnds(body []byte) []bodyVariant {
	lf, crlf := []byte("\n"), []byte("\r\n")
	switch {
	case bytes.Contains(body, crlf):
		return []bodyVariant{was(bytes.ReplaceAll(body, crlf, lf), crlfAdded)}
	case bytes.Contains(bytes.TrimRight(body, "\n"), lf):
		return []bodyVariant{was(bytes.ReplaceAll(body, lf, crlf), crlfLost)}
	}
	return nil
}

func ends(body []byte) []bodyVariant {
	variants := []bodyVariant{
		was(append(slices.Clone(body), '\n'), newlineLost),
		was(append(slices.Clone(body), "\r\n"...), newlineLost),
	}
	trimmed := bytes.TrimSpace(body)
	for _, newline := range []string{"\r\n", "\n"} {
		if rest, ok := bytes.CutSuffix(body, []byte(newline)); ok {
			variants = append(variants, was(rest, newlineAdded))
			if len(rest) == len(trimmed) {
				return variants
			}
		}
	}
	if len(trimmed) != len(body) {
		variants = append(variants, was(trimmed, spaceAdded))
	}
	return variants
}

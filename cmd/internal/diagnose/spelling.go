package diagnose

import "encoding/json"

// Spaced puts a space after each colon and comma of compact JSON, as Python does.
func Spaced(compact []byte) []byte {
	var b []byte
	inside := false
	for i, c := range compact {
		b = append(b, c)
		switch {
		case c == '"' && !Escaped(compact, i):
			inside = !inside
		case !inside && (c == ':' || c == ','):
			b = append(b, ' ')
		}
	}
	return b
}

// Escaped reports whether an odd number of backslashes precedes the byte at i.
func Escaped(b []byte, i int) bool {
	n := 0
	for n < i && b[i-1-n] == '\\' {
		n++
	}
	return n%2 == 1
}

// Sorted sorts the members of a JSON object by name, as programs that decode into a map do. It returns other JSON
// unchanged.
func Sorted(object []byte) []byte {
	var members map[string]json.RawMessage
	if json.Unmarshal(object, &members) != nil {
		return object
	}
	sorted, err := json.Marshal(members)
	if err != nil {
		return object
	}
	return sorted
}

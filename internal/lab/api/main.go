// Command api keeps the exported API of each public package as text in the folder api. Without -write it compares the
// text with the code, says what would break callers, and fails if the two differ.
package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

func main() {
	root := flag.String("root", filepath.Join("..", ".."), "the repository")
	write := flag.Bool("write", false, "write the text anew instead of comparing")
	flag.Parse()
	if err := run(os.Stdout, *root, *write); err != nil {
		fmt.Fprintln(os.Stderr, "api:", err)
		os.Exit(1)
	}
}

var errDiffers = errors.New("the API is not the one in api/: to accept the change, run " +
	"`go run -C internal/lab ./api -write` and commit api/")

// run compares or writes the text of every public package, and compares the code with the last release.
func run(w io.Writer, root string, write bool) error {
	now, err := loadAll(root)
	if err != nil {
		return err
	}
	folder := filepath.Join(root, "api")
	if write {
		return writeTexts(folder, now)
	}
	texts, err := readTexts(folder)
	if err != nil {
		return err
	}
	differs := compareTexts(w, texts, now)
	if err := compareTags(w, root, now); err != nil {
		return err
	}
	if differs {
		return errDiffers
	}
	return nil
}

// readTexts returns the lines of each committed file, by package name.
func readTexts(folder string) (map[string][]string, error) {
	files, err := filepath.Glob(filepath.Join(folder, "*.txt"))
	if err != nil {
		return nil, err
	}
	texts := map[string][]string{}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			return nil, err
		}
		lines := strings.Split(strings.ReplaceAll(string(text), "\r\n", "\n"), "\n")
		lines = slices.DeleteFunc(lines, func(line string) bool { return line == "" })
		texts[strings.TrimSuffix(filepath.Base(file), ".txt")] = lines
	}
	return texts, nil
}

// writeTexts writes a file for each package and removes those of packages that are gone.
func writeTexts(folder string, packages []pkg) error {
	old, err := readTexts(folder)
	if err != nil {
		return err
	}
	for name := range old {
		if err := os.Remove(filepath.Join(folder, name+".txt")); err != nil {
			return err
		}
	}
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return err
	}
	for _, p := range packages {
		text := strings.Join(lines(p.types), "\n") + "\n"
		file := filepath.Join(folder, p.types.Name()+".txt")
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			return err
		}
	}
	return nil
}

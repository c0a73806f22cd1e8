package main

import (
	"fmt"
	"runtime"

	"github.com/spf13/cobra"

	"github.com/ecomtrade24/ecomtrade24-go"
)

// version returns the SDK's version, which is also the program's version.
func version() string {
	return fmt.Sprintf("ecomtrade24 %s (%s, %s/%s)", ecomtrade24.Version, runtime.Version(), runtime.GOOS, runtime.GOARCH)
}

func (a *app) versionCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "Print the version",
		Args:  noArguments,
		RunE: func(*cobra.Command, []string) error {
			a.print(struct {
				Version string `json:"version"`
				Go      string `json:"go"`
				OS      string `json:"os"`
				Arch    string `json:"arch"`
			}{ecomtrade24.Version, runtime.Version(), runtime.GOOS, runtime.GOARCH}, version()+"\n")
			return nil
		},
	}
}

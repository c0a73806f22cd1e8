//go:build !linux

package database

import (
	"fmt"
	"syscall"
)

func ownProcess(*syscall.Credential) *syscall.SysProcAttr { return nil }

func ordinaryUser(...string) (*syscall.Credential, error) {
	return nil, fmt.Errorf("servers are started on Linux only: %w", ErrMissing)
}

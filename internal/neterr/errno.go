//go:build !plan9

package neterr

import (
	"errors"
	"io"
	"syscall"
)

// errno is an error of the operating system.
type errno = syscall.Errno

// Refused reports whether the connection was refused.
func Refused(err error) bool { return errors.Is(err, syscall.ECONNREFUSED) }

// HungUp reports whether the other side closed the connection before it responded.
func HungUp(err error) bool {
	return errors.Is(err, syscall.ECONNRESET) || errors.Is(err, syscall.EPIPE) || errors.Is(err, io.EOF)
}

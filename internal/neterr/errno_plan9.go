package neterr

import (
	"errors"
	"io"
	"strings"
	"syscall"
)

// errno is an error of the operating system.
type errno = syscall.ErrorString

// Refused reports whether the connection was refused.
func Refused(err error) bool { return strings.Contains(err.Error(), "connection refused") }

// HungUp reports whether the other side closed the connection before it responded.
func HungUp(err error) bool { return errors.Is(err, io.EOF) || strings.Contains(err.Error(), "Hangup") }

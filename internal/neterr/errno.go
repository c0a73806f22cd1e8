//go:build !plan9

package neterr

import "syscall"

// errno is an error of the operating system.
type errno = syscall.Errno

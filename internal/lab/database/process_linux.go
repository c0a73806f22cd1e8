package database

import (
	"errors"
	"os"
	"os/user"
	"strconv"
	"syscall"
)

// ownProcess sets a child's user, and makes the kernel end the child if this process dies first.
func ownProcess(credential *syscall.Credential) *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Credential: credential, Pdeathsig: syscall.SIGQUIT}
}

// ordinaryUser returns the first of the users that exists, or nil if this process does not run as root. Database
// servers do not run as root.
func ordinaryUser(names ...string) (*syscall.Credential, error) {
	if os.Geteuid() != 0 {
		return nil, nil //nolint:nilnil // no change of user is needed
	}
	for _, name := range append(names, "nobody") {
		u, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, err := strconv.ParseUint(u.Uid, 10, 32)
		if err != nil {
			return nil, err
		}
		gid, err := strconv.ParseUint(u.Gid, 10, 32)
		if err != nil {
			return nil, err
		}
		return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}, nil
	}
	return nil, errors.New("there is no ordinary user to run a database server as")
}

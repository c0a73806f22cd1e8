package database

import (
	"errors"
	"os"
	"os/user"
	"strconv"
	"syscall"
)

// ownProcess gives a child its user, and has the kernel end it if this process dies without doing so.
func ownProcess(credential *syscall.Credential) *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Credential: credential, Pdeathsig: syscall.SIGQUIT}
}

// ordinaryUser is the first of the users that exists, for root; anybody else is ordinary already. Database servers
// refuse to run as root.
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

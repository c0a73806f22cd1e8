package bench_test

import (
	"syscall"
	"time"
)

// cpuTime returns the CPU time of all threads of this process so far, in user space and in the kernel; 0 if the system
// does not report it.
func cpuTime() time.Duration {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		return 0
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}
